# SPDX-License-Identifier: MIT
# default.nix - a Debian with systemd as a system for containers, for tests
#
# Has the interface of <nixpkgs/nixos>, and runs on the test host alone:
#	nix-build -I nixos-config=FILE -I suite=PREFIX THIS-DIRECTORY -A system
# The Debian is that of ./base, which lies in the store of the test host; PREFIX
# is where the suite was installed, for what of it runs inside: its binaries
# ctr-console and ctr-resolv, and the units ctr-*.
let
  inherit (builtins) attrNames concatMap concatStringsSep elem filter
    isAttrs isFunction match pathExists removeAttrs toFile;

  base = builtins.storePath "/etc/nixos-container-test/debian-base";

  # The configuration: modules are merged as they are, there are no priorities, and
  # those that are imported win.

  lib = {
    mkDefault = x: x;
    mkForce = x: x;
    mkOverride = _: x: x;
    mkIf = condition: x: if condition then x else { };
    optional = condition: x: if condition then [ x ] else [ ];
    optionalString = condition: x: if condition then x else "";
    optionalAttrs = condition: x: if condition then x else { };
    inherit concatStringsSep;
  };

  merge = a: b: a // builtins.mapAttrs
    (name: value:
      if isAttrs value && isAttrs (a.${name} or null)
      then merge a.${name} value else value)
    b;

  modules = file:
    let
      value = if isFunction file || isAttrs file then file else import file;
      module = if isFunction value
        then value { inherit config lib options; pkgs = { inherit lib; }; } else value;
    in
    [ (removeAttrs module [ "imports" ]) ] ++ concatMap modules (module.imports or [ ]);

  options.boot = { };
  known = {
    boot = [ "isContainer" ];
    networking = [ "hostName" "useDHCP" ];
    environment = [ "etc" ];
    system = [ "stateVersion" ];
  };
  unknown = concatMap
    (group: map (name: "${group}.${name}")
      (filter (name: !(elem name (known.${group} or [ ]))) (attrNames given.${group})))
    (attrNames given);

  given = builtins.foldl' merge { } (modules <nixos-config>);
  config =
    if unknown != [ ]
    then throw "the option '${builtins.head unknown}' does not exist in this system"
    else merge { networking.hostName = ""; environment.etc = { }; } given;

  # What of the suite goes inside.

  take = name: directory: pattern:
    if !pathExists directory then ""
    else builtins.path {
      inherit name;
      path = directory;
      filter = path: type: match pattern (baseNameOf path) != null;
    };

  # One line for each file: its name below /etc, a tab, where it is.
  etcLine = name:
    let file = config.environment.etc.${name}; in
    if match "[^/[:cntrl:]]+(/[^/[:cntrl:]]+)*" name == null ||
      match "(.*/)?\\.\\.?(/.*)?" name != null
    then throw "environment.etc: '${name}' is not a path below /etc"
    else "${name}\t${if file ? text then toFile "etc" file.text else "${file.source}"}\n";
in
{
  inherit config;
  system = derivation {
    name = "debian-system";
    system = builtins.currentSystem;
    builder = "${base}/usr/bin/busybox";
    args = [ "sh" "-eu" ./build ];
    inherit base;
    init = ./init;
    activate = ./activate;
    switch = ./switch-to-configuration;
    inherit (config.networking) hostName;
    binaries = take "binaries" (<suite> + "/bin") "ctr-console|ctr-resolv";
    units = take "units" (<suite> + "/lib/systemd/system") "ctr-.*\\.(socket|service|path|timer|target)";
    etc = concatStringsSep "" (map etcLine (attrNames config.environment.etc));
    passAsFile = [ "etc" ];
  };
}
