# SPDX-License-Identifier: MIT
# settings.nix - the settings file of a container, as text
#
# settings cfg: cfg is the value of containers.<name>; a missing attribute is the
# same as null.  It uses Nix's builtins only, no library.  `system` is the line
# that names the system, `rest` all other lines, `text` the whole file.
cfg:

let
  inherit (builtins) attrNames attrValues concatLists concatStringsSep filter
    head isPath match replaceStrings;

  get = name: cfg.${name} or null;
  list = name: let v = get name; in if v == null then [ ] else v;
  optional = condition: value: if condition then [ value ] else [ ];

  # Quote a word with blanks: the whole line is in double quotes.
  word = w:
    if match ".*[ \t].*" w != null then "'${w}'" else w;
  words = ws: concatStringsSep " " (map word (filter (w: w != "") ws));

  # line KEY VALUE - one line, or none if the value is null or empty
  line = key: value:
    if value == null || value == "" then [ ]
    else if match "[a-zA-Z0-9_./:@%+,=#?&~-]*" (plain value) != null then [ "${key}=${value}" ]
    else [ "${key}=\"${escape value}\"" ];
  # For double quotes, as EnvironmentFile= of systemd.exec(5) reads them.
  escape = replaceStrings [ "\\" "\"" "$" "`" ] [ "\\\\" "\\\"" "\\$" "\\`" ];
  # The text without its context, which match does not allow.
  plain = builtins.unsafeDiscardStringContext;
  flag = key: value: optional (value == true) "${key}=1";
  number = v: if v == null then null else toString v;

  # Escape colons and backslashes of the path, but keep nspawn's mount options
  # behind it.
  path = p: replaceStrings [ "\\" ":" ] [ "\\\\" "\\:" ] p;
  target = p:
    let
      options = "(no)?(rbind|idmap)|rootidmap|owneridmap";
      split = match "(.*):((${options})(,(${options}))*)" p;
    in
    if split == null then path p
    else "${path (head split)}:${builtins.elemAt split 1}";
  bind = m:
    if m.hostPath or null == null then target m.mountPoint
    else "${path m.hostPath}:${target m.mountPoint}";
  mounts = attrValues (if cfg ? bindMounts then cfg.bindMounts else { });
  binds = readOnly: map bind (filter (m: m.isReadOnly or true == readOnly) mounts);

  # As with the module of nixpkgs, extraVeths make the network private, but the main
  # pair has addresses only with privateNetwork.
  private = get "privateNetwork" == true || (cfg.extraVeths or { }) != { };
  main = name: if get "privateNetwork" == true then get name else null;
  # address SIDE IPv6 - the addresses of that family, whichever option has them
  address = side: isIPv6:
    let
      given = filter (a: a != null) (map main [ "${side}Address" "${side}Address6" ]);
      found = filter (a: (match ".*:.*" a != null) == isIPv6) given;
    in
    if found == [ ] then null else words found;

  port = p:
    let
      at = p.hostAddress or null;
      inner = if p.containerPort or null == null then p.hostPort else p.containerPort;
      last = p.hostPortLast or null;
      range = first: toString first
        + (if last == null then "" else "-${toString (first + last - p.hostPort)}");
      address =
        if at == null then ""
        else if match ".*:.*" at == null then "${at}:"
        else "[${at}]:";
    in
    "${p.protocol or "tcp"}:${address}${range p.hostPort}:${range inner}";

  pair = name:
    let
      veth = cfg.extraVeths.${name};
      host = if veth.hostBridge or null != null then (_: [ ]) else part "host";
      part = key: attribute:
        optional (veth.${attribute} or null != null) "${key}=${veth.${attribute}}";
      parts = concatLists [
        (part "bridge" "hostBridge")
        (host "hostAddress")
        (host "hostAddress6")
        (part "local" "localAddress")
        (part "local" "localAddress6")
        (part "mac" "localMacAddress")
      ];
    in
    if parts == [ ] then name else "${name}:${concatStringsSep "," parts}";

  # named ATTRIBUTE - NAME:VALUE for each of its attributes
  named = attribute:
    let set = get attribute; in
    if set == null then [ ] else map (name: "${name}:${set.${name}}") (attrNames set);

  tun = cfg.enableTun or false;
  device = d: "${d.node}:${d.modifier}";

  # toString keeps a path as it is; interpolation would copy it to the store.
  system = line "SYSTEM_PATH" (
    if get "path" == null then null
    else if isPath cfg.path then toString cfg.path
    else "${cfg.path}");
  rest = concatLists [
    (line "FLAKE" (get "flake"))
    (optional (cfg.copyResolvConf or true == false) "COPY_RESOLV_CONF=0")
    (flag "PRIVATE_NETWORK" private)
    (line "HOST_BRIDGE" (main "hostBridge"))
    (line "HOST_ADDRESS" (address "host" false))
    (line "LOCAL_ADDRESS" (address "local" false))
    (line "HOST_ADDRESS6" (address "host" true))
    (line "LOCAL_ADDRESS6" (address "local" true))
    (line "LOCAL_MAC_ADDRESS" (main "localMacAddress"))
    (line "GATEWAY" (get "gateway"))
    (line "GATEWAY6" (get "gateway6"))
    (line "MTU" (number (get "mtu")))
    (line "HOST_PORT" (if address "local" false == null && address "local" true == null then null
      else concatStringsSep "," (map port (list "forwardPorts"))))
    (flag "NAT" (get "nat"))
    (line "ALLOW_FROM" (words (list "allowFrom")))
    (flag "RESOLVE_CONTAINERS" (get "resolveContainers"))
    (line "NETWORK_NAMESPACE_PATH" (number (get "networkNamespace")))
    (line "INTERFACES" (words (list "interfaces")))
    (line "MACVLANS" (words (list "macvlans")))
    (line "EXTRA_VETHS" (words (map pair (attrNames (cfg.extraVeths or { })))))
    (line "PRIVATE_USERS"
      (let users = number (get "privateUsers"); in if users == "no" then null else users))
    (line "STORE" (if get "store" == "all" then null else get "store"))
    (optional (cfg.nixDaemon or true == false) "NIX_DAEMON=0")
    (line "BIND" (words (binds false)))
    (line "BIND_RO" (words (binds true)))
    (line "TMPFS" (words (list "tmpfs")))
    (line "CAPABILITIES" (words
      (list "additionalCapabilities" ++ optional tun "CAP_NET_ADMIN")))
    (line "DEVICES" (words
      (map device (list "allowedDevices") ++ optional tun "/dev/net/tun:rwm")))
    (line "CREDENTIALS" (words (named "credentials")))
    (flag "EPHEMERAL" (get "ephemeral"))
    (line "START_TIMEOUT" (get "timeoutStartSec"))
    (line "AFTER" (words (list "after")))
    (line "REQUIRES" (words (list "requires")))
    (line "MEMORY_MAX" (get "memoryMax"))
    (line "MEMORY_SWAP_MAX" (get "memorySwapMax"))
    (line "CPU_QUOTA" (get "cpuQuota"))
    (line "ALLOWED_CPUS" (get "allowedCpus"))
    (line "IO_WEIGHT" (number (get "ioWeight")))
    (line "IO_READ_BANDWIDTH_MAX" (words (named "ioReadBandwidthMax")))
    (line "IO_WRITE_BANDWIDTH_MAX" (words (named "ioWriteBandwidthMax")))
    (line "TASKS_MAX" (get "tasksMax"))
    (flag "AUTO_START" (get "autoStart"))
    (line "EXTRA_NSPAWN_FLAGS" (words (list "extraFlags")))
  ];
  file = ls: concatStringsSep "" (map (l: l + "\n") ls);
in
{
  system = file system;
  rest = file rest;
  text = file (system ++ rest);
}
