# SPDX-License-Identifier: MIT
# checks.nix - what a container's settings must not say, and must not say together
#
# checks name cfg: a list of { assertion, message } as NixOS has them.  cfg is the
# value of containers.<name>; what it lacks is as unset as null.  What the script
# would refuse when the container starts is refused here, when its host is built.
# Takes the builtins of Nix and no library.
name: cfg:

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
  # each ATTRIBUTE RIGHT WHAT LIST - each element of the list is right
  each = attribute: right: what: values:
    map (v: check (right v) "${option attribute}: ${what}, not ${toJSON v}") values;

  reserved = [ "cache" "containers" "mounts" "policy" "registries" "sigstore" "storage" ];

  # Exclusive: the two, where the other is said as well.
  without = attribute: others:
    map (other: check (!(set attribute && set other))
      "${option attribute} and ${option other} exclude each other") others;
  needs = what: attributes:
    map (attribute: check (!(set attribute) || what.ok)
      "${option attribute} needs ${what.name}") attributes;

  veths = cfg.extraVeths or { };
  ofPrivate = [
    "hostAddress" "hostAddress6" "localAddress" "localAddress6" "localMacAddress"
    "hostBridge" "forwardPorts" "extraVeths" "gateway" "gateway6" "mtu" "nat"
  ];

  interface = is "[^/:[:cntrl:][:blank:]%,'\"]{1,15}";
  # What a line of the settings file can hold, between its two kinds of quotes.
  text = v: isString v && is "[^[:cntrl:]'\"]*" v;
  below = v: text v && is "/.*" v;
  unit = is "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?|[a-zA-Z0-9:_.\\\\@-]+\\.(service|target|socket|mount|path|timer|device|slice)";

  mounts = attrValues (cfg.bindMounts or { });
  vethChecks = veth:
    let v = veths.${veth}; in
    each "extraVeths" interface "a name of an interface" [ veth ] ++ [
      (check (v.hostBridge or null == null || v.hostAddress or null == null && v.hostAddress6 or null == null)
        "${option "extraVeths.${veth}"}: hostBridge excludes hostAddress and hostAddress6")
      (check (v.forwardPorts or [ ] == [ ])
        "${option "extraVeths.${veth}"}: ports are forwarded by ${option "forwardPorts"} alone")
    ];
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
  (without "hostBridge" [ "hostAddress" "hostAddress6" ])
  (needs { ok = on "privateNetwork"; name = option "privateNetwork"; } ofPrivate)
  (needs {
    ok = set "localAddress" || set "localAddress6";
    name = "${option "localAddress"} or localAddress6";
  } [ "forwardPorts" "nat" ])

  (concatMap vethChecks (attrNames veths))
  [ (check (length (attrNames veths) <= 8) "${option "extraVeths"}: there can be eight at most") ]
  (each "interfaces" interface "a name of an interface" (list "interfaces"))
  (each "forwardPorts" (p: elem (p.protocol or "tcp") [ "tcp" "udp" ])
    "the protocol is tcp or udp" (list "forwardPorts"))

  (each "bindMounts" below "an absolute path without quotes"
    (map (m: m.mountPoint) mounts
      ++ filter (p: p != null) (map (m: m.hostPath or null) mounts)))
  (each "tmpfs" below "an absolute path without quotes" (list "tmpfs"))
  (each "extraFlags" text "words without quotes" (list "extraFlags"))
  (each "macvlans" text "words without quotes" (list "macvlans"))
  (each "additionalCapabilities" (is "[A-Za-z_]+") "the name of a capability" (list "additionalCapabilities"))
  (each "allowedDevices" (d:
      is "(/dev/|char-|block-)[a-zA-Z0-9_/*.+-]*" d.node && is "[rwm]+" d.modifier)
    "a node below /dev, char-NAME or block-NAME, and some of r, w and m" (list "allowedDevices"))

  (concatMap (attribute: each attribute text "text without quotes"
      (filter (v: v != null) [ (get attribute) ]))
    [ "hostAddress" "hostAddress6" "localAddress" "localAddress6" "localMacAddress"
      "hostBridge" "gateway" "gateway6" "flake" ])
  (each "privateUsers" (v: !(isInt v) || v <= 4294901760)
    "the first of 65536 users" (filter (v: v != null) [ (get "privateUsers") ]))
  (each "timeoutStartSec" (is "([0-9]+(ms|s|min|h)? ?)+|infinity")
    "a span of time such as 1min 30s, or infinity" (filter (v: v != null) [ (get "timeoutStartSec") ]))
  (each "memoryMax" (is "[0-9]+[KMGT]?|[0-9]+%|infinity") "an amount of memory"
    (filter (v: v != null) [ (get "memoryMax") ]))
  (each "cpuQuota" (is "[0-9]+%") "percents of a processor"
    (filter (v: v != null) [ (get "cpuQuota") ]))
  (each "tasksMax" (is "[0-9]+%?|infinity") "a number of tasks"
    (filter (v: v != null) [ (get "tasksMax") ]))
  (each "after" unit "a container, or a unit by its full name" (list "after"))
  (each "requires" unit "a container, or a unit by its full name" (list "requires"))
]
