# SPDX-License-Identifier: MIT
# checks.nix - refuse wrong options of a container, and wrong combinations
#
# checks confDir name cfg: a list of { assertion, message } as for NixOS's
# assertions.  confDir is the directory of the settings, cfg the value of
# containers.<name>; a missing attribute is the same as null.  Mistakes that would
# stop the container's start fail here, when the host is built.  It uses Nix's
# builtins only, no library.
confDir: name: cfg:

let
  inherit (builtins) all attrNames attrValues concatLists concatMap
    concatStringsSep elem filter isInt isString length map match toJSON;

  get = attribute: cfg.${attribute} or null;
  list = attribute: let v = get attribute; in if v == null then [ ] else v;
  on = attribute: get attribute == true;
  set = attribute: let v = get attribute; in v != null && v != [ ] && v != { } && v != false;
  is = pattern: text: match pattern text != null;

  option = attribute: "containers.${name}.${attribute}";
  check = assertion: message: { inherit assertion message; };
  # each ATTRIBUTE PREDICATE WHAT LIST - every element satisfies the predicate
  each = attribute: right: what: values:
    map (v: check (right v) "${option attribute}: ${what}, not ${toJSON v}") values;

  # In /etc/containers, NAME.conf is Podman's.
  reserved = if confDir != "/etc/containers" then [ ] else [ "cache" "containers" "mounts" "policy" "registries" "sigstore" "storage" ];

  # without ATTRIBUTE OTHERS - ATTRIBUTE excludes each of OTHERS
  without = attribute: others:
    map (other: check (!(set attribute && set other))
      "${option attribute} and ${option other} exclude each other") others;
  needs = what: attributes:
    map (attribute: check (!(set attribute) || what.ok)
      "${option attribute} needs ${what.name}") attributes;

  veths = cfg.extraVeths or { };
  # Others need it, too, but nixpkgs' module takes and ignores them: see warnings.nix.
  ofPrivate = [ "gateway" "gateway6" "mtu" "nat" "allowFrom" ];

  interface = is "[^/:[:cntrl:][:blank:]%,'\"]{1,15}";
  # Text that a quoted word within a quoted line of the settings file can hold.
  text = v: isString v && is "[^[:cntrl:]'\"]*" v;
  below = v: text v && is "/.*" v;
  unit = is "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?|[a-zA-Z0-9:_.\\\\@-]+\\.(service|target|socket|mount|path|timer|device|slice)";

  # Of systemd.time(7).
  units = concatStringsSep "|" [
    "us(ec)?" "ms(ec)?" "s(ec(onds?)?)?" "m(in(utes?)?)?" "h(r|ours?)?" "d(ays?)?"
    "w(eeks?)?" "M|months?" "y(ears?)?"
  ];

  mounts = attrValues (cfg.bindMounts or { });
in
concatLists [
  [
    (check (is "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?" name)
      "containers.${toJSON name}: a name is 1 to 63 letters, digits and hyphens, with a letter or digit at both ends")
    (check (!(elem name reserved))
      "containers.${name}: this name is reserved: Podman keeps files of that name")
    (check (length (list "given") <= 1)
      "containers.${name}: ${concatStringsSep " and " (list "given")} exclude each other")
  ]

  (without "networkNamespace" [ "privateNetwork" "interfaces" "macvlans" ])
  (without "allowFrom" [ "hostBridge" "interfaces" "macvlans" ])
  [
    (check (!(set "allowFrom") || all (v: v.hostBridge or null == null) (attrValues veths))
      "${option "allowFrom"} excludes extraVeths with a hostBridge")
    (check (length (list "allowFrom") <= 1 || !(elem "none" (list "allowFrom")))
      "${option "allowFrom"}: none excludes other words")
  ]
  (each "allowFrom" (is "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?|[0-9.]+(/[0-9]+)?|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/[0-9]+)?")
    "a container, a network, or one of the words" (list "allowFrom"))
  (needs { ok = on "privateNetwork"; name = option "privateNetwork"; } ofPrivate)
  (needs {
    ok = set "localAddress" || set "localAddress6";
    name = "${option "localAddress"} or localAddress6";
  } [ "nat" ])

  (each "extraVeths" interface "an interface name" (attrNames veths))
  [
    (check (!(set "hostAddress") || !(set "hostAddress6")
        || is ".*:.*" (get "hostAddress") != is ".*:.*" (get "hostAddress6"))
      "${option "hostAddress"} and hostAddress6 are of one family")
  ]
  [ (check (length (attrNames veths) <= 8) "${option "extraVeths"}: at most eight pairs") ]
  (each "interfaces" interface "an interface name" (list "interfaces"))
  (each "forwardPorts" (p: elem (p.protocol or "tcp") [ "tcp" "udp" ])
    "the protocol is tcp or udp" (list "forwardPorts"))
  (each "forwardPorts" (p: p.hostPortLast or null == null || p.hostPortLast >= p.hostPort)
    "hostPortLast is not below hostPort" (list "forwardPorts"))

  (each "bindMounts" below "an absolute path without quotes" (map (m: m.mountPoint) mounts))
  (each "bindMounts" (p: below p || text p && is "\\+/.*" p) "an absolute path without quotes"
    (filter (p: p != null) (map (m: m.hostPath or null) mounts)))
  (each "tmpfs" below "an absolute path without quotes" (list "tmpfs"))
  (each "extraFlags" text "words without quotes" (list "extraFlags"))
  (each "extraFlags" (v: !(text v) || is "[^-].*|[^[:blank:]=]*|[^[:blank:]=]+=.*" v && !(is ".*[[:blank:]]-.*" v))
    "one argument, so [ \"--option=value\" ] or [ \"--option\" \"value\" ]" (list "extraFlags"))
  (each "macvlans" text "words without quotes" (list "macvlans"))
  (each "additionalCapabilities" (is "[A-Za-z_]+") "the name of a capability" (list "additionalCapabilities"))
  (each "allowedDevices" (d:
      is "(/dev/|char-|block-)[a-zA-Z0-9_/*.+:@,=-]*" d.node && is "[rwm]+" d.modifier)
    "a node below /dev, char-NAME or block-NAME, and some of r, w and m" (list "allowedDevices"))

  (concatMap (attribute: each attribute text "text without quotes"
      (filter (v: v != null) [ (get attribute) ]))
    [ "hostAddress" "hostAddress6" "localAddress" "localAddress6" "localMacAddress"
      "hostBridge" "gateway" "gateway6" "flake" ])
  (each "privateUsers" (v: !(isInt v) || v <= 4294901760)
    "the first user ID of 65536" (filter (v: v != null) [ (get "privateUsers") ]))
  (each "timeoutStartSec" (is "([0-9]+([.][0-9]+)? *(${units})? *)+|infinity")
    "a time span such as 1min 30s, or infinity" (filter (v: v != null) [ (get "timeoutStartSec") ]))
  (each "memoryMax" (is "[0-9]+[KMGT]?|[0-9]+%|infinity") "an amount of memory"
    (filter (v: v != null) [ (get "memoryMax") ]))
  (each "memorySwapMax" (is "[0-9]+[KMGT]?|[0-9]+%|infinity") "an amount of memory"
    (filter (v: v != null) [ (get "memorySwapMax") ]))
  (each "allowedCpus" (is "[0-9]+(-[0-9]+)?([ ,]+[0-9]+(-[0-9]+)?)*") "processors like 0-3 6"
    (filter (v: v != null) [ (get "allowedCpus") ]))
  (concatMap (attribute: each attribute (name: below name && is "[0-9]+[KMGT]?|infinity" cfg.${attribute}.${name})
      "a path of a disk, with bytes a second" (attrNames (cfg.${attribute} or { })))
    [ "ioReadBandwidthMax" "ioWriteBandwidthMax" ])
  (each "credentials" (name: is "[a-zA-Z0-9_-][a-zA-Z0-9_.-]*" name && below cfg.credentials.${name})
    "a name of letters, digits, dots, hyphens and underscores, with an absolute path"
    (attrNames (cfg.credentials or { })))
  (each "cpuQuota" (is "[0-9]+%") "a percentage of one CPU"
    (filter (v: v != null) [ (get "cpuQuota") ]))
  (each "tasksMax" (is "[0-9]+%?|infinity") "a number of tasks"
    (filter (v: v != null) [ (get "tasksMax") ]))
  (each "after" unit "a container, or the full name of a unit" (list "after"))
  (each "requires" unit "a container, or the full name of a unit" (list "requires"))
]
