# SPDX-License-Identifier: MIT
# stubs.nix - the options of NixOS that the modules of share/nixos set or read
{ lib, ... }:

with lib;

let
  option = type: default: mkOption {
    inherit type default;
    description = "A stub.";
  };
  any = option (types.attrsOf types.anything) { };
  strings = option (types.listOf types.str) [ ];
  raw = option (types.listOf types.raw) [ ];
in
{
  options = {
    assertions = raw;
    warnings = strings;
    boot.kernelModules = strings;
    environment.systemPackages = raw;
    environment.etc = option
      (types.attrsOf (types.submodule {
        options.text = option types.str "";
        options.source = option types.str "";
      }))
      { };
    networking.extraHosts = option types.lines "";
    networking.dhcpcd.denyInterfaces = strings;
    networking.networkmanager.unmanaged = strings;
    networking.firewall.interfaces = any;
    networking.firewall.trustedInterfaces = strings;
    networking.interfaces = any;
    networking.nat.internalInterfaces = strings;
    networking.useNetworkd = option types.bool false;
    networking.hostName = option types.str "";
    networking.useDHCP = option types.bool true;
    networking.useHostResolvConf = option types.bool false;
    networking.resolvconf.enable = option types.bool true;
    networking.resolvconf.package = option types.str "/openresolv";
    nixpkgs.hostPlatform = option types.raw null;
    services.udev.packages = raw;
    system.stateVersion = option types.str "24.05";
    system.build = option (types.lazyAttrsOf types.raw) { };
    systemd.packages = raw;
    systemd.tmpfiles.packages = raw;
    systemd.network = any;
    systemd.services = any;
    systemd.sockets = any;
    systemd.paths = any;
    systemd.timers = any;
  };
}
