# SPDX-License-Identifier: MIT
# options.nix - the options of one container: containers.<name>
#
# Extra arguments: hostPkgs, the packages of the host; evaluate, a function that
# evaluates { container, module } to the container's configuration.
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
  rates = verb: property: mkOption {
    type = types.attrsOf types.str;
    default = { };
    example = { "/dev/sda" = "20M"; };
    description = ''
      How many bytes a second it may ${verb} each disk, by a path of the disk or of a
      file system on it (`${property}=`).
    '';
  };

  bindMount = { name, ... }: {
    options = {
      mountPoint = mkOption {
        type = types.str;
        default = name;
        defaultText = literalExpression "the name of the attribute";
        example = "/mnt/usb";
        description = ''
          The mount point in the container. A mount option of systemd-nspawn
          may follow it: `/mnt/usb:idmap`.
        '';
      };
      hostPath = maybe types.str "/home/alice" ''
        The path on the host, if it differs.
      '';
      isReadOnly = switch true "Whether the mount is read-only.";
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
        description = "The allowed access: some of `r` (read), `w` (write) and `m` (mknod).";
      };
    };
  };
in
{
  options = import ./network.nix { inherit lib; } // {
    config = mkOption {
      type = types.deferredModule;
      apply = module: evaluate { inherit module; container = config; };
      example = literalExpression "{ services.openssh.enable = true; }";
      description = ''
        The container's NixOS configuration, a module. Read as a value, this
        option is the evaluated configuration.
      '';
    };

    path = mkOption {
      type = types.nullOr types.path;
      default = if options.config.isDefined then config.config.system.build.toplevel else null;
      defaultText = literalExpression "config.system.build.toplevel";
      example = "/nix/var/nix/profiles/webserver";
      description = ''
        A system that is built already, instead of {option}`config`. Without
        both, the container runs the current generation of its own profile,
        which {command}`nixos-container update` sets.
      '';
    };

    flake = maybe types.str "github:example/webserver" ''
      The flake that {command}`nixos-container update` builds the container's
      system from, instead of {option}`config` and {option}`path`. Run it once
      before the first start.
    '';

    given = mkOption {
      type = types.listOf types.str;
      internal = true;
      readOnly = true;
      description = "Those of `config`, `path` and `flake` that are set.";
    };

    nixpkgs = mkOption {
      type = types.path;
      default = hostPkgs.path;
      defaultText = literalExpression "pkgs.path";
      description = "The nixpkgs that {option}`config` is evaluated with.";
    };

    specialArgs = mkOption {
      type = types.attrsOf types.unspecified;
      default = { };
      description = "Extra arguments for the modules of {option}`config`.";
    };

    autoStart = switch false "Whether the container starts when the host boots.";

    restartIfChanged = switch true ''
      Whether a switch of the host's configuration changes the running container:
      it switches to a new system in place, and restarts for new settings.
    '';

    timeoutStartSec = mkOption {
      type = types.str;
      default = "1min";
      example = "5min";
      description = "The timeout of its start; a time span of {manpage}`systemd.time(7)`.";
    };

    ephemeral = switch false ''
      Whether each start begins with the same tree, and changes are discarded
      when the container stops.
    '';

    privateNetwork = switch false ''
      Whether the container has a network of its own, with an interface `eth0`.
      Its other end is the host's interface `c-NAME`.
    '';

    networkNamespace = maybe types.path "/run/netns/blue" ''
      An existing network namespace for the container to run in.
    '';

    interfaces = strings [ "eth1" ] ''
      Interfaces of the host to move into the container.
    '';

    macvlans = strings [ "eth1" ] ''
      Interfaces of the host to give the container a macvlan interface on.
    '';

    extraVeths = mkOption {
      type = types.attrsOf (types.submodule {
        options = import ./network.nix { inherit lib; };
      });
      default = { };
      example = { veth1 = { hostBridge = "br1"; localAddress = "10.5.5.2/24"; }; };
      description = "Further veth pairs; both ends have the attribute's name.";
    };

    gateway = maybe types.str "192.168.0.1" "The IPv4 gateway, if it is not the host.";
    gateway6 = maybe types.str "fc00::ff" "The IPv6 gateway, if it is not the host.";
    mtu = maybe types.ints.positive 9000 "The MTU of both ends.";
    nat = switch false "Whether to masquerade the container's traffic behind the host's address.";
    allowFrom = strings [ "web" "lan" ] ''
      Who may open connections to it: names of containers, networks, and the words
      `any`, `containers`, `host`, `lan`, `none` and `ports` of
      {manpage}`nixos-container.conf(5)`.  If empty: `containers`, `host` and
      `ports`.
    '';
    resolveContainers = switch false "Whether it can resolve other containers as `NAME.containers`.";
    copyResolvConf = switch true "Whether to copy the host's name servers into it.";

    privateUsers = mkOption {
      type = types.either types.ints.u32 (types.enum [ "no" "identity" "pick" ]);
      default = "no";
      example = "pick";
      description = ''
        Whether the container has a user namespace: `pick` gives it a range of
        65536 user IDs that no other container has, a number is the first ID of
        such a range.  `identity` keeps the host's IDs, and `no` makes no user
        namespace: with both, the container's root can become root of the host.
      '';
    };

    store = mkOption {
      type = types.enum [ "all" "closure" ];
      default = "all";
      description = ''
        What it sees of {file}`/nix/store`: all of it, or the closure of its system.
        With `closure`, it cannot use the host's Nix daemon.
      '';
    };

    nixDaemon = switch true "Whether it can use the host's Nix daemon, which does not trust it.";

    bindMounts = mkOption {
      type = types.attrsOf (types.submodule bindMount);
      default = { };
      example = {
        "/home" = { hostPath = "/home/alice"; isReadOnly = false; };
        "/srv/data" = { };
      };
      description = "Files and directories of the host to mount in the container.";
    };

    tmpfs = strings [ "/var" ] ''
      Mount points of temporary file systems, each as for `--tmpfs=` of
      {manpage}`systemd-nspawn(1)`.
    '';

    allowedDevices = mkOption {
      type = types.listOf (types.submodule device);
      default = [ ];
      example = [ { node = "/dev/net/tun"; modifier = "rwm"; } ];
      description = "Device nodes that the container has and may use.";
    };

    enableTun = switch false ''
      Whether the container may create tunnels: it gets {file}`/dev/net/tun` and
      CAP_NET_ADMIN.
    '';

    credentials = mkOption {
      type = types.attrsOf types.str;
      default = { };
      example = { "tls.key" = "/run/secrets/web.key"; };
      description = ''
        Files of the host that the container gets as credentials, by their names; see
        {manpage}`systemd.exec(5)`.  A path must not be one of a container's tree, nor
        below a writable one of {option}`bindMounts`.
      '';
    };

    additionalCapabilities = strings [ "CAP_MKNOD" ] ''
      Capabilities in addition to systemd-nspawn's default ones.
    '';

    extraFlags = strings [ "--drop-capability=CAP_SYS_CHROOT" ] ''
      More arguments for {manpage}`systemd-nspawn(1)`; each stays one argument,
      even with blanks.
    '';

    after = strings [ "database" ] ''
      Containers, or full names of units, to start before this one (`After=`).
    '';
    requires = strings [ "database" ] ''
      Those of {option}`after` that it needs in order to run (`Requires=`).
    '';

    memoryMax = maybe types.str "512M" "Its memory limit (`MemoryMax=`).";
    memorySwapMax = maybe types.str "0" "Its limit of swap space (`MemorySwapMax=`).";
    cpuQuota = maybe types.str "150%" "Its CPU limit, in percent of one CPU (`CPUQuota=`).";
    allowedCpus = maybe types.str "0-3" "The processors that it may use (`AllowedCPUs=`).";
    ioWeight = maybe (types.ints.between 1 10000) 50
      "Its share of a disk that others use, too; 100 is that of others (`IOWeight=`).";
    ioReadBandwidthMax = rates "read from" "IOReadBandwidthMax";
    ioWriteBandwidthMax = rates "write to" "IOWriteBandwidthMax";
    tasksMax = maybe types.str "1000" "Its limit of tasks (`TasksMax=`).";
  };

  config.given =
    optional options.config.isDefined "config"
    ++ optional (options.path.highestPrio < (mkOptionDefault null).priority) "path"
    ++ optional (config.flake != null) "flake";
}
