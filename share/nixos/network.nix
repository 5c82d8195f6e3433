# SPDX-License-Identifier: MIT
# network.nix - the options of a veth pair: the main one, and each of extraVeths
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
    The bridge for the host's end of the pair, instead of an address
    ({option}`hostAddress`, {option}`hostAddress6`).
  '';
  hostAddress = address "10.231.136.1" ''
    The IPv4 address of the host's end, and the container's default gateway.
  '';
  hostAddress6 = address "fc00::1" ''
    The IPv6 address of the host's end, and the container's default gateway.
  '';
  localAddress = address "10.231.136.2" ''
    The IPv4 address of the container's end. With {option}`hostBridge`, add the
    prefix length, as in `10.5.5.2/24`; without, it is the address of one host.
  '';
  localAddress6 = address "fc00::2" ''
    The IPv6 address of the container's end. With {option}`hostBridge`, add the
    prefix length, as in `fc00::2/64`; without, it is the address of one host.
  '';
  localMacAddress = optional (types.strMatching "([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")
    "02:00:00:00:00:2a" ''
    The MAC address of the container's end, set when the pair is created.
  '';
  forwardPorts = mkOption {
    type = types.listOf (types.submodule {
      options = {
        protocol = mkOption {
          type = types.str;
          default = "tcp";
          description = "`tcp` or `udp`.";
        };
        hostAddress = optional types.str "127.0.0.1" ''
          The address of the host, or the name of an interface that has it, if not
          every address is meant.
        '';
        hostPort = mkOption {
          type = types.port;
          description = "The port on the host.";
        };
        hostPortLast = optional types.port 20100 ''
          The last port on the host, if {option}`hostPort` is the first of several.
        '';
        containerPort = mkOption {
          type = types.nullOr types.port;
          default = null;
          description = "The port in the container, if it differs; of several, the first.";
        };
      };
    });
    default = [ ];
    example = [ { protocol = "tcp"; hostPort = 8080; containerPort = 80; } ];
    description = ''
      Ports of the host to forward to the container, for connections from other
      machines and from the host itself; see {manpage}`nixos-container.conf(5)`.
    '';
  };
}
