# SPDX-License-Identifier: MIT
# module.nix - containers for a NixOS host, instead of the module in nixpkgs
#
# It turns each container into a settings file.  The suite's own unit and script
# do the rest, as for containers created by nixos-container.
{ config, lib, pkgs, ... }:

with lib;

let
  cfg = config.programs.nixos-container;
  containers = config.containers;
  settings = mapAttrs (_: import ./settings.nix) containers;

  inside = name: container: import ./inside.nix {
    inherit name container;
    inherit (pkgs.stdenv) hostPlatform;
    inherit (cfg) package;
  };

  # A container's lines for the host's /etc/hosts.
  hosts = name: c: concatMapStrings
    (address: optionalString (address != null)
      "${head (splitString "/" address)} ${name}.containers\n")
    [ c.localAddress c.localAddress6 ];

  # A new system reloads the unit; new settings restart it.
  service = name: c: nameValuePair "container@${name}" {
    overrideStrategy = "asDropin";
    inherit (c) restartIfChanged;
    restartTriggers = optional c.restartIfChanged settings.${name}.rest;
    reloadTriggers = optional (c.restartIfChanged && c.path != null) settings.${name}.system;
  };

  # Options that name interfaces, with names of links by the module of nixpkgs.
  isOld = name: hasPrefix "ve-" name || hasPrefix "vb-" name;
  oldNames = with config.networking; concatLists (mapAttrsToList
    (option: names: map (old: { inherit option old; }) (filter isOld names))
    {
      "nat.internalInterfaces" = nat.internalInterfaces;
      "firewall.trustedInterfaces" = firewall.trustedInterfaces;
      "firewall.interfaces" = attrNames firewall.interfaces;
    });
  renamed = { option, old }:
    let
      name = substring 3 (-1) old;
      # A pattern, as iptables or nftables has it
      any = findFirst (c: hasSuffix c name) "" [ "+" "*" ];
    in
    "networking.${option} names ${old}, but the links of containers are called c-NAME here"
    + ": write c-${name}"
    + optionalString (any != "") ", and c_${any} for names above 13 characters";

  # It keeps systemd-networkd off the containers' links, whoever enabled it.
  networkFile = "00-nixos-container.network";

  # A copy of the template under each container's name: when the host switches,
  # NixOS then stops a container that is not declared any more.
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
    containers = import ./declared.nix {
      inherit lib;
      hostPkgs = pkgs;
      modules = name: container: [ ./container.nix (inside name container) ];
    };

    boot.enableContainers = mkOption {
      type = types.bool;
      default = containers != { };
      defaultText = literalExpression "config.containers != { }";
      description = ''
        Whether to support containers on this host: those of {option}`containers`,
        and those that {command}`nixos-container` creates.
      '';
    };

    # The module of nixpkgs that this one replaces declares these two, and other
    # modules of nixpkgs read them.
    boot.isContainer = mkOption {
      type = types.bool;
      default = config.boot.isNspawnContainer;
      defaultText = literalExpression "config.boot.isNspawnContainer";
      description = "Whether this system is a container of any kind.";
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
        "containers.<name> has no effect while boot.enableContainers is false."
        ++ optionals config.boot.enableContainers (map renamed oldNames)
        ++ concatLists (mapAttrsToList (import ./warnings.nix) containers);
    }
    (mkIf config.boot.enableContainers {
      assertions = concatLists (mapAttrsToList (import ./checks.nix cfg.confDir) containers) ++ [
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
        settings // {
        "systemd/network/${networkFile}".source =
          "${cfg.package}/lib/systemd/network/${networkFile}";
      };
      services.udev.packages = [ cfg.package ];

      systemd.packages = optional (containers != { })
        (pkgs.linkFarm "declared-containers" (mapAttrsToList instance containers));
      # Update running containers when the host's network changes, and sync their
      # garbage collector roots while they run and before each collection.
      systemd.paths.nixos-container-resolv.wantedBy = [ "paths.target" ];
      systemd.paths.ctr-gcroot-sync.wantedBy = [ "paths.target" ];
      systemd.timers.ctr-gcroot-sync.wantedBy = [ "timers.target" ];
      systemd.services = mapAttrs' service containers // {
        ctr-gcroot-sync.wantedBy = [ "nix-gc.service" ];
        "container@" = {
          overrideStrategy = "asDropin";
          # A switch of the host must not restart containers that are not declared.
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
