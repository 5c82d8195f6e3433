# SPDX-License-Identifier: MIT
# real.nix - the package, and hosts with module.nix, by a whole nixpkgs; NIXPKGS is
# its path
#
# Nothing here is a stub: callPackage, the list of modules and lib are those of that
# nixpkgs.  machine MODULES is a NixOS, as eval-config.nix gives it; hosts.NAME is
# one with the configuration NAME of nodes.nix.
let
  nixpkgs = /. + builtins.getEnv "NIXPKGS";
  system = builtins.currentSystem;
  pkgs = import nixpkgs { inherit system; config = { }; overlays = [ ]; };
  inherit (pkgs) lib;

  # What any NixOS needs to be evaluated.
  bare = {
    boot.loader.grub.enable = false;
    fileSystems."/" = { device = "none"; fsType = "tmpfs"; };
    system.stateVersion = lib.trivial.release;
    nixpkgs.hostPlatform = system;
  };
  machine = modules: import (nixpkgs + "/nixos/lib/eval-config.nix") {
    system = null;
    modules = [ bare ] ++ modules;
  };
  host = configuration: machine [ ../../share/nixos/module.nix configuration ];
  # The container of README.
  foo = {
    privateNetwork = true;
    hostAddress = "10.231.136.1";
    localAddress = "10.231.136.2";
    config = { services.openssh.enable = true; system.stateVersion = lib.trivial.release; };
  };
  ours = name: lib.hasPrefix "containers" name || lib.hasPrefix "programs.nixos-container" name;
  failed = config: map (a: a.message) (lib.filter (a: !a.assertion) config.assertions);
in
rec {
  inherit machine host;

  package = pkgs.callPackage ../../share/nixos/package.nix { };

  readme = host { containers.foo = foo; };
  readmeBySystemd = host { systemd.containers.foo = foo; };

  documented = (pkgs.nixosOptionsDoc {
    options = { inherit ((host { }).options) containers programs; };
    transformOptions = o: o // { visible = o.visible && ours o.name; };
  }).optionsNix;

  gateway =
    let
      inside = h: c: hosts.${h}.config.containers.${c}.config;
      script = (inside "gateway" "behind").systemd.services.network-addresses-eth0.script;
    in
    {
      scripted = map (v: lib.hasInfix "setting eth0 as default IPv${v} gateway" script) [ "4" "6" ];
      networkd = (inside "networkd" "net").systemd.network.networks."40-eth0".networkConfig.KeepConfiguration;
    };

  hosts = lib.mapAttrs (_: host) (import ./nodes.nix { inherit pkgs; });

  # What a test compares of each host: the settings of its containers, without their
  # systems, and failed assertions there and in what is declared with `config`.
  seen = lib.mapAttrs
    (_: h: {
      settings = lib.mapAttrs (_: c: (import ../../share/nixos/settings.nix c).rest) h.config.containers;
      warnings = lib.filter (lib.hasPrefix "containers.") h.config.warnings;
      wrong = failed h.config ++ lib.concatLists (lib.mapAttrsToList
        (_: c: lib.optionals (c.given == [ "config" ]) (failed c.config)) h.config.containers);
    })
    hosts;

  # The same declarations by the module of that nixpkgs: are they valid there?
  theirs = lib.mapAttrs (_: configuration: failed (machine [ configuration ]).config)
    (import ./nodes.nix { inherit pkgs; });
}
