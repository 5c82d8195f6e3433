# SPDX-License-Identifier: MIT
# options.nix - the options of one container: containers.<name>
#
# Its extra arguments: hostPkgs, the packages of the host; evaluate, which makes
# the container's NixOS configuration of { nixpkgs, specialArgs, module }.
{ config, options, lib, hostPkgs, evaluate, ... }:

with lib;

let
  switch = default: description: mkOption {
    type = types.bool;
    inherit default description;
  };
  strings = example: description: mkOption {
    type = types.listOf types.str;
    default = [ ];
    inherit example description;
  };
  maybe = type: example: description: mkOption {
    type = types.nullOr type;
    default = null;
    inherit example description;
  };

  bindMount = { name, ... }: {
    options = {
      mountPoint = mkOption {
        type = types.str;
        default = name;
        defaultText = literalExpression "the name of the attribute";
        example = "/mnt/usb";
        description = ''
          Where it is seen in the container. What systemd-nspawn knows as an
          option of the mount may follow it: `/mnt/usb:idmap`.
        '';
      };
      hostPath = maybe types.str "/home/alice" ''
        What is seen there, where it has another path on the host.
      '';
      isReadOnly = switch true "Whether the container may only read it.";
    };
  };

  device = {
    options = {
      node = mkOption {
        type = types.str;
        example = "/dev/net/tun";
        description = "The path of the node, `char-NAME` or `block-NAME`.";
      };
      modifier = mkOption {
        type = types.str;
        example = "rw";
        description = "What is allowed: some of `r`ead, `w`rite and `m`knod.";
      };
    };
  };
in
{
  options = import ./network.nix { inherit lib; } // {
    config = mkOption {
      type = types.deferredModule;
      apply = module: evaluate {
        inherit (config) nixpkgs specialArgs;
        inherit module;
      };
      example = literalExpression "{ services.openssh.enable = true; }";
      description = ''
        The container's NixOS configuration, a module. Its value is what that
        is evaluated to.
      '';
    };

    path = mkOption {
      type = types.nullOr types.path;
      default = if options.config.isDefined then config.config.system.build.toplevel else null;
      defaultText = literalExpression "config.system.build.toplevel";
      example = "/nix/var/nix/profiles/webserver";
      description = ''
        A system that was built already, instead of {option}`config`. With
        neither of them the container runs the current generation of its own
        profile, which {command}`nixos-container update` sets.
      '';
    };

    flake = maybe types.str "github:example/webserver" ''
      The flake that {command}`nixos-container update` builds the container's
      system of, instead of {option}`config` and {option}`path`. The first such
      update comes before the first start.
    '';

    given = mkOption {
      type = types.listOf types.str;
      internal = true;
      readOnly = true;
      description = "Which of `config`, `path` and `flake` somebody has set.";
    };

    nixpkgs = mkOption {
      type = types.path;
      default = hostPkgs.path;
      defaultText = literalExpression "pkgs.path";
      description = "The nixpkgs whose NixOS {option}`config` is evaluated by.";
    };

    specialArgs = mkOption {
      type = types.attrsOf types.unspecified;
      default = { };
      description = "What the modules of {option}`config` are given as arguments.";
    };

    autoStart = switch false "Whether the container is started when the host boots.";

    restartIfChanged = switch true ''
      Whether the running container follows when the host is switched to another
      configuration: to a new system it is switched in place, for new settings
      it is restarted.
    '';

    timeoutStartSec = mkOption {
      type = types.str;
      default = "1min";
      description = "How long its start may take; a span of {manpage}`systemd.time(7)`.";
    };

    ephemeral = switch false ''
      Whether each start is one from the same tree, and what was written is
      forgotten at the stop.
    '';

    privateNetwork = switch false ''
      Whether the container has a network of its own, with an interface `eth0`.
      Its other end is the host's interface `c-NAME`.
    '';

    networkNamespace = maybe types.path "/run/netns/blue" ''
      A network namespace that is there already, and that the container enters.
    '';

    interfaces = strings [ "eth1" ] ''
      Interfaces of the host that move into the container.
    '';

    macvlans = strings [ "eth1" ] ''
      Interfaces of the host on which the container gets a macvlan interface.
    '';

    extraVeths = mkOption {
      type = types.attrsOf (types.submodule {
        options = import ./network.nix { inherit lib; };
      });
      default = { };
      example = { veth1 = { hostBridge = "br1"; localAddress = "10.5.5.2/24"; }; };
      description = "Further pairs of interfaces; both ends have the attribute's name.";
    };

    gateway = maybe types.str "192.168.0.1" "The IPv4 router, where it is not the host.";
    gateway6 = maybe types.str "fc00::ff" "The IPv6 router, where it is not the host.";
    mtu = maybe types.ints.positive 9000 "The MTU of both ends.";
    nat = switch false "Whether the container's traffic leaves with the host's address.";
    resolveContainers = switch false "Whether it knows the others as `NAME.containers`.";
    copyResolvConf = switch true "Whether it is given the host's name servers.";

    privateUsers = mkOption {
      type = types.either types.ints.u32 (types.enum [ "no" "identity" "pick" ]);
      default = "no";
      description = ''
        Whether the container has users of its own: `pick` gives it 65536 that no
        other has, a number those from there on, `identity` those of the host
        but none of their power.
      '';
    };

    bindMounts = mkOption {
      type = types.attrsOf (types.submodule bindMount);
      default = { };
      example = { "/home" = { hostPath = "/home/alice"; isReadOnly = false; }; };
      description = "Files and folders of the host that the container sees.";
    };

    tmpfs = strings [ "/var" ] ''
      Where a temporary file system is mounted, each as for `--tmpfs` of
      {manpage}`systemd-nspawn(1)`.
    '';

    allowedDevices = mkOption {
      type = types.listOf (types.submodule device);
      default = [ ];
      example = [ { node = "/dev/net/tun"; modifier = "rwm"; } ];
      description = "Device nodes that are there, and may be used, inside.";
    };

    enableTun = switch false ''
      Whether the container may make tunnels: it has {file}`/dev/net/tun` and the
      capability to configure networks.
    '';

    additionalCapabilities = strings [ "CAP_MKNOD" ] ''
      Capabilities beyond those that systemd-nspawn leaves to a container.
    '';

    extraFlags = strings [ "--drop-capability=CAP_SYS_CHROOT" ] ''
      Further words for the command line of {manpage}`systemd-nspawn(1)`; each
      stays one word, blanks included.
    '';

    after = strings [ "database" ] ''
      Containers, or units by their full names, that are started before.
    '';
    requires = strings [ "database" ] ''
      Those of {option}`after` without which it is not to run.
    '';

    memoryMax = maybe types.str "512M" "The memory that it may use.";
    cpuQuota = maybe types.str "150%" "The share of one processor that it may use.";
    tasksMax = maybe types.str "1000" "How many processes it may have.";
  };

  config.given =
    optional options.config.isDefined "config"
    ++ optional (options.path.highestPrio < (mkOptionDefault null).priority) "path"
    ++ optional (config.flake != null) "flake";
}
