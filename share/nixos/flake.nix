# SPDX-License-Identifier: MIT
# flake.nix - the flake; its URL ends with "?dir=share/nixos"
{
  description = "NixOS containers by small static tools";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      each = f: lib.genAttrs [ "x86_64-linux" "aarch64-linux" ]
        (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = each (pkgs: rec {
        default = pkgs.callPackage ./package.nix { };
        inherit (default) shared;
      });

      nixosModules = {
        default = ./module.nix;
        container = ./container.nix;
      };

      checks = each (pkgs: {
        package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        # A host with README's example: builds the container's settings file.
        host = (lib.nixosSystem {
          modules = [
            self.nixosModules.default
            {
              nixpkgs.hostPlatform = pkgs.stdenv.hostPlatform;
              boot.loader.grub.enable = false;
              fileSystems."/" = { device = "none"; fsType = "tmpfs"; };
              system.stateVersion = lib.trivial.release;
              containers.foo = {
                privateNetwork = true;
                hostAddress = "10.231.136.1";
                localAddress = "10.231.136.2";
                config = {
                  services.openssh.enable = true;
                  system.stateVersion = lib.trivial.release;
                };
              };
            }
          ];
        }).config.environment.etc."nixos-containers/foo.conf".source;
      });
    };
}
