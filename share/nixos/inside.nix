# SPDX-License-Identifier: MIT
# inside.nix - what the host adds to the NixOS of a container
#
# name and container: an attribute of `containers` and its value, of which the
# options of its network are read; hostPlatform is the host's, and so is package, for
# those with program.nix.
{ name, container, hostPlatform, package ? null }:
{ config, lib, options, ... }:

with lib;

let
  # Overrides the mkDefault of a module that machines and containers share.
  mkHosts = mkOverride 900;

  # addresses isIPv6 bits - the addresses of eth0 of one family
  addresses = isIPv6: bits:
    map (address bits) (filter (a: a != "" && hasInfix ":" a == isIPv6)
      (concatMap (a: if a == null then [ ] else splitString " " a)
        [ container.localAddress container.localAddress6 ]));
  address = bits: text:
    let parts = splitString "/" text; in {
      address = head parts;
      prefixLength = if tail parts == [ ] then bits else toInt (last parts);
    };
  eth0 = {
    ipv4.addresses = addresses false 32;
    ipv6.addresses = addresses true 128;
  };
  addressed = container.privateNetwork
    && (container.localAddress != null || container.localAddress6 != null);
in
{
  # Options, not attributes of this set, may depend on `options`.
  config = mkMerge [
    {
      boot = if options.boot ? isNspawnContainer then { isNspawnContainer = true; }
        else { isContainer = true; };
      networking.hostName = mkDefault name;
      networking.useDHCP = mkHosts false;
    }
    # The minimal system has none of these.
    (optionalAttrs (options ? nixpkgs) {
      # The host sets these addresses.  NixOS sets default gateways only on interfaces
      # that it knows.
      networking.interfaces = mkIf addressed { inherit eth0; };
      # Otherwise networkd would take the routes away that the host sets.
      systemd.network.networks."40-eth0" = mkIf (addressed && config.networking.useNetworkd) {
        networkConfig.KeepConfiguration = mkDefault "yes";
      };
      nixpkgs =
        if options.nixpkgs ? hostPlatform
        then { hostPlatform = mkHosts hostPlatform; }
        else { localSystem = mkHosts hostPlatform; };
    })
    (optionalAttrs (options ? programs.nixos-container) {
      programs.nixos-container.package = mkDefault package;
    })
  ];
}
