# SPDX-License-Identifier: MIT
# program.nix - the suite's package and directories: for module.nix, container.nix
{ config, lib, pkgs, ... }:

with lib;

let
  cfg = config.programs.nixos-container;
  # Where NixOS has had them, by the release that a machine began with.
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
        inherit (cfg) stateDir confDir;
      });
      defaultText = literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The suite: its tools and its units.";
    };
    # Once, whoever asks: the same unit from two packages is one too many.
    installed = mkOption {
      type = types.bool;
      default = false;
      internal = true;
      description = "Whether the package and its units are part of the system.";
    };
    stateDir = directory "/var/lib" // {
      description = "Where the containers' trees lie.";
    };
    confDir = directory "/etc" // {
      description = "Where their settings lie; below {file}`/etc`.";
    };
  };

  config = mkIf cfg.installed {
    environment.systemPackages = [ cfg.package ];
    systemd.packages = [ cfg.package ];
  };
}
