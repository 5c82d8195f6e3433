# SPDX-License-Identifier: MIT
# program.nix - the options for the suite's package and directories
{ config, lib, pkgs, ... }:

with lib;

let
  cfg = config.programs.nixos-container;
  # NixOS's directories: since release 22.05 they have this prefix.
  prefix = optionalString (versionAtLeast config.system.stateVersion "22.05") "nixos-";
  directory = parent: mkOption {
    type = types.strMatching "/.*[^/]";
    default = "${parent}/${prefix}containers";
    defaultText = literalExpression ''"${parent}/nixos-containers"'';
  };
in
{
  key = "nixos-container/program";

  options.programs.nixos-container = {
    package = mkOption {
      type = types.package;
      default = (pkgs.callPackage ./package.nix { }).overrideAttrs (_: {
        inherit (cfg) stateDir confDir lockDir;
      });
      defaultText = literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The suite: its tools and its units.";
    };
    # Both modules set it, so that the units come from one package only.
    installed = mkOption {
      type = types.bool;
      default = false;
      internal = true;
      description = "Whether the package and its units are part of the system.";
    };
    stateDir = directory "/var/lib" // {
      description = "The directory of the containers' trees.";
    };
    confDir = directory "/etc" // {
      description = "The directory of their settings, below {file}`/etc`.";
    };
    lockDir = mkOption {
      type = types.strMatching "/.*[^/]";
      default = "/run/nixos-container";
      example = "/srv/containers/locks";
      description = ''
        The directory of the locks of running commands: on shared storage if several
        machines have {option}`stateDir` in common.
      '';
    };
    addressPool = mkOption {
      type = types.listOf (types.strMatching "[0-9a-fA-F:.]+/[0-9]+");
      default = [ ];
      example = [ "10.5.32.0/20" "fd00:5:32::/64" ];
      description = ''
        The networks that the addresses of new containers are taken from: at most
        one of IPv4 and one of IPv6. See {manpage}`nixos-container.conf(5)`.
      '';
    };
  };

  config = mkIf cfg.installed {
    environment.systemPackages = [ cfg.package ];
    systemd.packages = [ cfg.package ];
    systemd.tmpfiles.packages = [ cfg.package ];
    environment.etc = mkIf (cfg.addressPool != [ ]) {
      "nixos-container.conf".text = ''
        ADDRESS_POOL="${concatStringsSep " " cfg.addressPool}"
      '';
    };
  };
}
