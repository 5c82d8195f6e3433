# SPDX-License-Identifier: MIT
# nodes.nix - hosts with containers, as users of nixpkgs' own module declare them
#
# Each shows what one of the tests of nixpkgs shows of that module.
{ pkgs }:

let
  web = { services.nginx.enable = true; networking.firewall.allowedTCPPorts = [ 80 ]; };
  # A pair of addresses, as most have it.
  pair = n: config: {
    inherit config;
    privateNetwork = true;
    hostAddress = "192.168.${n}.1";
    localAddress = "192.168.${n}.2";
  };
  bridge = { networking.bridges.br0.interfaces = [ ]; };
in
{
  bridge = bridge // {
    containers.fixed = {
      autoStart = true;
      privateNetwork = true;
      hostBridge = "br0";
      localAddress = "192.168.7.2/24";
      localAddress6 = "fc00:7::2/64";
      config = web;
    };
    containers.free = { privateNetwork = true; hostBridge = "br0"; config = web; };
  };

  custom-pkgs.containers.own.config = { config, ... }: {
    nixpkgs.pkgs = pkgs.extend (_: _: { hello = pkgs.writeText "own-hello" ""; });
  };

  ephemeral.containers.gone = pair "8" web // { ephemeral = true; };

  extra-veth = bridge // {
    containers.three = {
      privateNetwork = true;
      hostBridge = "br0";
      localAddress = "192.168.0.100/24";
      extraVeths = {
        veth1 = { hostBridge = "br1"; localAddress = "192.168.1.100/24"; };
        veth2 = { hostAddress = "192.168.2.1"; localAddress = "192.168.2.100"; };
      };
      config = { };
    };
    containers.implied = { extraVeths.only = { }; config = { }; };
  };

  gateway.containers.behind = {
    privateNetwork = true;
    hostBridge = "br0";
    localAddress = "192.168.0.100/24";
    localAddress6 = "fc00::2/7";
    config.networking = {
      defaultGateway.address = "192.168.0.1";
      defaultGateway6.address = "fc00::1";
    };
  };

  # Both in options that are said to be of IPv4.
  ip.containers = {
    four = pair "9" web;
    six = {
      privateNetwork = true;
      hostAddress = "fc00::2";
      localAddress = "fc00::1";
      config = web;
    };
  };

  hosts.containers.one = pair "10" { };

  slaac.containers.learns = {
    privateNetwork = true;
    hostBridge = "br0";
    localMacAddress = "02:00:00:00:00:07";
    config.networking = { useNetworkd = true; useHostResolvConf = false; };
  };

  networkd.containers.net =
    pair "11" { networking = { useNetworkd = true; useHostResolvConf = false; }; };

  macvlans.containers.on = {
    macvlans = [ "eth1" ];
    config.networking.interfaces.mv-eth1.ipv4.addresses =
      [ { address = "192.168.1.3"; prefixLength = 24; } ];
  };

  names.containers = {
    first = pair "12" { };
    really-long-name = pair "13" { };
    really-long-long-name-2 = pair "14" { };
    cache = pair "15" { };
  };

  nested.containers.outer = {
    privateNetwork = true;
    config.containers.inner = { privateNetwork = true; config = { }; };
  };

  physical.containers = {
    server = {
      privateNetwork = true;
      interfaces = [ "eth1" ];
      config.networking.interfaces.eth1.ipv4.addresses =
        [ { address = "10.10.0.1"; prefixLength = 24; } ];
    };
    # Only its interface says that the network is private.
    alone = { interfaces = [ "eth2" ]; config = { }; };
  };

  ports.containers = {
    web = pair "16" web // {
      forwardPorts = [ { protocol = "tcp"; hostPort = 10080; containerPort = 80; } { hostPort = 53; protocol = "udp"; } ];
    };
    in-vain = { privateNetwork = true; forwardPorts = [ { hostPort = 1; } ]; config = { }; };
  };

  reloadable = {
    containers.same = { autoStart = true; config.environment.etc.check.text = "one"; };
    specialisation.other.configuration.containers.same.config =
      { lib, ... }: { environment.etc.check.text = lib.mkForce "two"; };
  };

  mounts = {
    containers.mounts = {
      bindMounts."/srv/data" = { };
      bindMounts."/home" = { hostPath = "/home/alice"; isReadOnly = false; };
      config = { };
    };
    fileSystems."/srv/data" = { fsType = "tmpfs"; device = "none"; options = [ "noauto" ]; };
  };

  tmpfs.containers.tmpfs = { tmpfs = [ "/var" "/var/log" "/some/random/path" ]; config = { }; };

  # What no test of nixpkgs shows, and its module takes.
  rest.containers = {
    spans = { timeoutStartSec = "5m"; config = { }; };
    devices = {
      allowedDevices = [ { node = "/dev/v4l/by-path/pci-0:1.0"; modifier = "rw"; } ];
      additionalCapabilities = [ "CAP_MKNOD" ];
      enableTun = true;
      config = { };
    };
    without = {
      hostAddress = "10.0.0.1";
      localAddress = "10.0.0.2";
      hostBridge = "br0";
      forwardPorts = [ { hostPort = 80; } ];
      config = { };
    };
    both = {
      privateNetwork = true;
      hostBridge = "br0";
      hostAddress = "10.0.0.1";
      localAddress = "10.0.0.2/24";
      config = { };
    };
    users = { privateUsers = "pick"; extraFlags = [ "--quiet" ]; config = { }; };
    netns = { networkNamespace = "/run/netns/blue"; config = { }; };
    path = { path = "/nix/var/nix/profiles/path"; };
    flake = { flake = "github:example/webserver"; };
    special = { specialArgs.text = "of special"; config = { text, ... }: { networking.hostName = "special"; environment.etc.text.text = text; }; };
    nixpkgs = { nixpkgs = pkgs.path; config = { }; };
  };
}
