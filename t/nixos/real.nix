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

  # The warnings of a host that names links as the module of nixpkgs does.
  renamed = lib.filter (lib.hasPrefix "networking.") (host {
    containers.web.path = "/system";
    networking.nat = { enable = true; externalInterface = "eth0"; internalInterfaces = [ "ve-+" ]; };
    networking.firewall.interfaces.ve-web.allowedTCPPorts = [ 53 ];
    networking.firewall.trustedInterfaces = [ "vb-+" ];
  }).config.warnings;

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

  # The settings files that the module of that nixpkgs writes, with all its keys.
  theirSettings = lib.mapAttrs' (name: file: lib.nameValuePair (baseNameOf name) file.text)
    (lib.filterAttrs (name: _: lib.hasPrefix "nixos-containers/" name) (machine [ {
      containers = lib.mapAttrs (_: c: { path = "/nix/store/0-system"; } // c) {
        web = {
          autoStart = true;
          privateNetwork = true;
          hostAddress = "10.231.136.1";
          localAddress = "10.231.136.2";
          forwardPorts = [ { hostPort = 8080; containerPort = 80; } { protocol = "udp"; hostPort = 53; } ];
          bindMounts."/srv/data" = { };
          bindMounts."/home" = { hostPath = "/home/alice"; isReadOnly = false; };
          extraFlags = [ "--quiet" ];
        };
        bridge = {
          privateNetwork = true;
          hostBridge = "br0";
          localAddress6 = "fc00::2/64";
          localMacAddress = "02:00:00:00:00:07";
          interfaces = [ "eth1" "eth2" ];
          macvlans = [ "eth3" ];
          privateUsers = "pick";
        };
        six = { privateNetwork = true; hostAddress6 = "fc00::1"; localAddress6 = "fc00::2"; };
        netns = { networkNamespace = "/run/netns/blue"; privateUsers = 65536; };
        plain = { };
      } // { flake.flake = "github:example/webserver"; };
    } ]).config.environment.etc);
}
