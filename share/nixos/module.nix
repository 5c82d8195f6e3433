# SPDX-License-Identifier: MIT
# module.nix - containers for a NixOS host, instead of the module in nixpkgs
#
# All that it makes of a container is a settings file: the rest is done by the
# suite's own unit and script, as for a container that a command has made.
{ config, lib, pkgs, ... }:

with lib;

let
  inherit (import ./types.nix { inherit lib; }) attrsByName submoduleWithExtraArgs;
  cfg = config.programs.nixos-container;
  containers = config.containers;
  settings = mapAttrs (_: import ./settings.nix) containers;

  # Stronger than the mkDefault of a module that machines and containers share.
  mkHosts = mkOverride 900;

  # inside name - what the NixOS of each container is told by its host
  inside = name: { lib, options, ... }:
    with lib;
    {
      boot = if options.boot ? isNspawnContainer then { isNspawnContainer = true; }
        else { isContainer = true; };
      networking.hostName = mkDefault name;
      networking.useDHCP = mkHosts false;
      nixpkgs =
        if options.nixpkgs ? hostPlatform
        then { hostPlatform = mkHosts pkgs.stdenv.hostPlatform; }
        else { localSystem = mkHosts pkgs.stdenv.hostPlatform; };
      programs.nixos-container.package = mkDefault cfg.package;
    };

  # evaluate name - the NixOS configuration of a container: options.nix
  evaluate = name: { nixpkgs, specialArgs, module }:
    (import "${toString nixpkgs}/nixos/lib/eval-config.nix" {
      modules = [ ./container.nix (inside name) module ];
      prefix = [ "containers" name "config" ];
      inherit specialArgs;
      # Said by the modules; the default would be impure.
      system = null;
    }).config;

  # The names of a container in the host's hosts(5).
  hosts = name: c: concatMapStrings
    (address: optionalString (address != null)
      "${head (splitString "/" address)} ${name}.containers\n")
    [ c.localAddress c.localAddress6 ];

  # A new system is a reload of the unit, new settings are a restart.
  service = name: c: nameValuePair "container@${name}" {
    overrideStrategy = "asDropin";
    inherit (c) restartIfChanged;
    restartTriggers = optional c.restartIfChanged settings.${name}.rest;
    reloadTriggers = optional (c.restartIfChanged && c.path != null) settings.${name}.system;
  };

  # The template under the name of each, so that a switch of the host stops one
  # that is not declared any more.
  instance = name: _: {
    name = "lib/systemd/system/container@${name}.service";
    path = "${cfg.package}/lib/systemd/system/container@.service";
  };
in
{
  key = "nixos-container/module";
  imports = [
    ./program.nix
    (mkAliasOptionModule [ "systemd" "containers" ] [ "containers" ])
  ];
  disabledModules = [ "virtualisation/nixos-containers.nix" ];

  options = {
    containers = mkOption {
      type = attrsByName (name: submoduleWithExtraArgs {
        hostPkgs = pkgs;
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
        Containers of this host. Each is the unit `container@NAME.service`, and
        {command}`nixos-container` knows it as those that it makes itself.
      '';
    };

    boot.enableContainers = mkOption {
      type = types.bool;
      default = containers != { };
      defaultText = literalExpression "config.containers != { }";
      description = ''
        Whether there are containers on this host: those of {option}`containers`,
        and those that {command}`nixos-container` makes.
      '';
    };

    # These two are declared by the module of nixpkgs that this one replaces, and
    # others of nixpkgs look at them.
    boot.isContainer = mkOption {
      type = types.bool;
      default = config.boot.isNspawnContainer;
      defaultText = literalExpression "config.boot.isNspawnContainer";
      description = "Whether this system is a container, of whatever kind.";
    };
    boot.isNspawnContainer = mkOption {
      type = types.bool;
      default = false;
      description = "Whether this system is a container of systemd-nspawn.";
    };
  };

  config = mkMerge [
    {
      warnings = optional (containers != { } && !config.boot.enableContainers)
        "containers.<name> is of no effect while boot.enableContainers is false.";
    }
    (mkIf config.boot.enableContainers {
      assertions = concatLists (mapAttrsToList (import ./checks.nix) containers) ++ [
        {
          assertion = hasPrefix "/etc/" cfg.confDir;
          message = "programs.nixos-container.confDir must lie below /etc, not in ${cfg.confDir}";
        }
      ];

      programs.nixos-container.installed = true;
      environment.etc = mapAttrs'
        (name: text: nameValuePair "${removePrefix "/etc/" cfg.confDir}/${name}.conf" {
          inherit (text) text;
        })
        settings;

      systemd.packages = optional (containers != { })
        (pkgs.linkFarm "declared-containers" (mapAttrsToList instance containers));
      # Running containers follow a host that changes network; what they keep in
      # the store is seen to while they run, and before each collection.
      systemd.paths.nixos-container-resolv.wantedBy = [ "paths.target" ];
      systemd.paths.ctr-gcroot-sync.wantedBy = [ "paths.target" ];
      systemd.timers.ctr-gcroot-sync.wantedBy = [ "timers.target" ];
      systemd.services = mapAttrs' service containers // {
        ctr-gcroot-sync.wantedBy = [ "nix-gc.service" ];
        "container@" = {
          overrideStrategy = "asDropin";
          # Of those that are not declared here a switch of the host ends none.
          restartIfChanged = false;
        };
      };

      networking.extraHosts = concatStrings (mapAttrsToList hosts containers);
      networking.dhcpcd.denyInterfaces = [ "c-*" "c_*" ];
      networking.networkmanager.unmanaged = [ "interface-name:c-*" "interface-name:c_*" ];

      boot.kernelModules = [ "veth" "bridge" "macvlan" "tun" "tap" ];
    })
  ];
}
