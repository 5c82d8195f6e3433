# SPDX-License-Identifier: MIT
# declared.nix - the option `containers`, of a NixOS host and of nixos-container apply
#
# hostPkgs: the packages of the host.  modules: what it adds to the NixOS of each
# container; a function of the attribute of `containers` and of its value.
{ lib, hostPkgs, modules }:

with lib;

let
  inherit (import ./types.nix { inherit lib; }) attrsByName submoduleWithExtraArgs;

  # evaluate name - evaluate a container's NixOS configuration; for options.nix
  evaluate = name: { container, module }:
    (import "${toString container.nixpkgs}/nixos/lib/eval-config.nix" {
      modules = modules name container ++ [ module ];
      prefix = [ "containers" name "config" ];
      inherit (container) specialArgs;
      # The modules set it; the default would be impure.
      system = null;
    }).config;
in
mkOption {
  type = attrsByName (name: submoduleWithExtraArgs {
    inherit hostPkgs;
    evaluate = evaluate name;
  } ./options.nix);
  default = { };
  example = literalExpression ''
    { foo =
        { privateNetwork = true;
          hostAddress = "10.231.136.1";
          localAddress = "10.231.136.2";
          config = { services.openssh.enable = true; };
        };
    }
  '';
  description = ''
    Containers of this host. Each runs as `container@NAME.service`, and
    {command}`nixos-container` handles it like those that it creates itself.
  '';
}
