# SPDX-License-Identifier: MIT
# inside.nix - what the host adds to the system of a container, for one of a release
#
# release is 24.11 or 26.11.  Of the options that differ there, each has its own:
# 24.11 has boot.isContainer alone, 26.11 has boot.isNspawnContainer, too, which that
# follows.  config is the container's own configuration.
{ release, config ? { } }:

let
  lib = import (builtins.getEnv "NIXPKGS_LIB");
  pkgs = import ./pkgs.nix;
  flag = default: lib.mkOption { type = lib.types.bool; inherit default; };
  options = {
    "24.11" = { boot.isContainer = flag false; };
    "26.11" = { boot.isContainer = flag system.boot.isNspawnContainer; boot.isNspawnContainer = flag false; };
  };
  container = {
    privateNetwork = true;
    localAddress = "10.231.136.2";
    localAddress6 = "fc00::2/64";
  };
  system = (lib.evalModules {
    modules = [
      ./stubs.nix
      { options = options.${release}; config._module.args = { inherit pkgs; }; }
      ../../share/nixos/container.nix
      (import ../../share/nixos/inside.nix {
        name = "web";
        inherit container;
        inherit (pkgs.stdenv) hostPlatform;
        package = pkgs.fake "suite";
      })
      config
    ];
  }).config;
in
{
  inherit (system.boot) isContainer;
  isNspawnContainer = system.boot.isNspawnContainer or null;
  inherit (system.networking) hostName useDHCP;
  eth0 = system.networking.interfaces.eth0 or null;
  networkd = system.systemd.network.networks or { };
  sockets = lib.mapAttrs (_: s: s.wantedBy) system.systemd.sockets;
  services = builtins.attrNames system.systemd.services;
}
