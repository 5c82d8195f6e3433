# SPDX-License-Identifier: MIT
# network.nix - the options of a pair of interfaces: the container's own, and
# each of extraVeths
{ lib }:

with lib;

let
  optional = type: example: description: mkOption {
    type = types.nullOr type;
    default = null;
    inherit example description;
  };
  address = optional types.str;
in
{
  hostBridge = optional types.str "br0" ''
    The bridge that the host's end of the pair joins. It takes the place of
    {option}`hostAddress` and {option}`hostAddress6`.
  '';
  hostAddress = address "10.231.136.1" ''
    The IPv4 address of the host's end, which is the container's way out.
  '';
  hostAddress6 = address "fc00::1" ''
    The IPv6 address of the host's end, which is the container's way out.
  '';
  localAddress = address "10.231.136.2" ''
    The IPv4 address of the container's end. On a bridge it is given with the
    length of the network's prefix; without a bridge it stands for one host.
  '';
  localAddress6 = address "fc00::2" ''
    The IPv6 address of the container's end. On a bridge it is given with the
    length of the network's prefix; without a bridge it stands for one host.
  '';
  localMacAddress = optional (types.strMatching "([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")
    "02:00:00:00:00:2a" ''
    The MAC address of the container's end, which it has from the beginning.
  '';
  forwardPorts = mkOption {
    type = types.listOf (types.submodule {
      options = {
        protocol = mkOption {
          type = types.str;
          default = "tcp";
          description = "`tcp` or `udp`.";
        };
        hostPort = mkOption {
          type = types.port;
          description = "The port of the host that is forwarded.";
        };
        containerPort = mkOption {
          type = types.nullOr types.port;
          default = null;
          description = "The port in the container, where it is another.";
        };
      };
    });
    default = [ ];
    example = [ { protocol = "tcp"; hostPort = 8080; containerPort = 80; } ];
    description = ''
      Ports of the host that are forwarded to the container, from other
      machines as well as from the host itself.
    '';
  };
}
