# SPDX-License-Identifier: MIT
# default.nix - the built-in system: busybox, a console, and your configuration
#
# It has the interface of <nixpkgs/nixos>, but needs no nixpkgs:
#	nix-build -I nixos-config=FILE THIS-DIRECTORY -A system
# The options are boot.isContainer, environment.etc.PATH.text and .source,
# networking.hostName, networking.useDHCP (false), services.NAME.command (run
# by sh in the foreground; restarted when it ends) and system.stateVersion.
# The only external program is a static busybox: the argument `busybox`,
# <busybox>, or the machine's own.  The build of the suite puts init and
# ctr-console beside this file.
{ configuration ?
    let e = builtins.getEnv "NIXOS_CONFIG"; in
    if e == "" then <nixos-config> else /. + e
, busybox ? null
, prefix ? [ ]
, specialArgs ? { }
, system ? builtins.currentSystem
}@top:

let
  modules = import ./modules.nix (import ./lib.nix);
  inherit (modules) fail lib;
  inherit (lib) mkOption mkOptionType types;
  inherit (builtins) isBool isPath isString match pathExists;

  # option MUST OK DEFAULT - an option of a type of its own
  option = must: ok: default: mkOption {
    type = mkOptionType { name = must; check = ok; };
    inherit default;
  };
  each = must: ok: options: mkOption {
    type = types.attrsNamed must ok (types.submodule { inherit options; });
    default = { };
  };
  null_or_path = option "a path" (v: isPath v || isString v || v.type or "" == "derivation") null;
  text = mkOption {
    type = mkOptionType {
      name = "a string";
      check = isString;
      merge = _: found: lib.concatMapStringsSep "\n" (d: d.value) found;
    };
    default = null;
  };
  words = must: regex: option must (v: isString v && match regex v != null);

  options = {
    boot.isContainer = option "true or false" isBool true;
    system.stateVersion = option "a string" isString "";
    networking.useDHCP = option "false (this system has no DHCP client)" (v: v == false) false;
    networking.hostName = words "a host name"
      "|[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9_-]{0,61}[a-zA-Z0-9]" "";
    environment.etc = each "a path below /etc"
      (n: match "[^/[:cntrl:]]+(/[^/[:cntrl:]]+)*" n != null &&
        match "(.*/)?\\.\\.?(/.*)?" n == null)
      { inherit text; source = null_or_path; };
    services = each "letters, digits, '_', '.' and '-', and not ctr-console"
      (n: match "[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}" n != null && n != "ctr-console")
      { command = option "a string" isString null; };
  };

  inherit (lib.evalModules {
    modules = [ { inherit options; } configuration ];
    specialArgs = { inherit pkgs; } // specialArgs;
    inherit prefix;
  }) config;

  pkgs = {
    inherit lib linkFarm writeText;
    busybox = busyboxPackage;
    # With these, it evaluates NixOS as a nixpkgs does.
    path = ./.;
    stdenv.hostPlatform = { inherit system; };
  };

  # Inputs from outside the store.

  beside = name:
    if pathExists (./. + "/${name}") then
      builtins.path { inherit name; path = ./. + "/${name}"; }
    else fail "${toString ./.}/${name} is missing: use the built or installed copy of this directory";
  init = beside "init";
  console = beside "ctr-console";

  busyboxFile =
    let
      given = builtins.tryEval <busybox>;
      found = builtins.filter pathExists
        [ /bin/busybox /usr/bin/busybox /run/current-system/sw/bin/busybox ];
      it = if busybox != null then busybox
        else if given.success then given.value
        else if found != [ ] then builtins.head found
        else fail "no busybox found: install a static one, or give it by -I busybox=FILE";
      path = if pathExists (it + "/bin/busybox") then it + "/bin/busybox" else it;
    in
    if !pathExists path then fail "${toString path}: no such busybox"
    # builtins.path would copy a link as a link.  Its target is in the store already.
    else if (builtins.readDir (dirOf path)).${baseNameOf path} == "symlink"
    then builtins.storePath path
    else builtins.path { inherit path; name = "busybox"; };

  # Derivations.

  run = name: script: env: derivation ({
    inherit name system init;
    busybox = busyboxFile;
    builder = init;
    args = [ "--exec" busyboxFile "sh" "-eu" script ];
  } // env);
  busyboxPackage = run "busybox" ./build-busybox { };
  build = name: env: run name ./build ({ PATH = "${busyboxPackage}/bin"; } // env);

  # writeScript - a shell script, as a file in the store
  writeScript = name: text: build name {
    what = "script";
    text = "#!${busyboxPackage}/bin/sh\n${text}\n";
    passAsFile = [ "text" ];
  };

  writeText = name: text: build name {
    what = "text";
    inherit text;
    passAsFile = [ "text" ];
  };

  # linkFarm - a folder with a link for each { name, path }
  linkFarm = name: links: build name {
    what = "links";
    linkLines = lib.concatMapStrings
      (l: "file ${lib.escapeShellArg l.name} link ${lib.escapeShellArg "${l.path}"}\n") links;
    passAsFile = [ "linkLines" ];
  };

  service = name: { command }:
    if command == null then fail "services.${name} has no command"
    else writeScript "service-${name}" ''
      PATH=${busyboxPackage}/bin:/run/current-system/bin
      export PATH
      ${command}'';
  services = lib.mapAttrs service config.services // {
    ctr-console = writeScript "service-ctr-console" "exec ${console} serve";
  };

  hostName = config.networking.hostName;
  etcDefaults = {
    os-release.text = ''
      ID=minimal
      NAME="Minimal system"
      PRETTY_NAME="Minimal system of nixos-container"
    '';
    hosts.text = ''
      127.0.0.1 localhost${lib.optionalString (hostName != "") " ${hostName}"}
      ::1 localhost
    '';
  } // lib.optionalAttrs (hostName != "") { hostname.text = hostName + "\n"; };
  etc =
    let all = etcDefaults // config.environment.etc; in
    lib.mapAttrsToList
      (name: file:
        let inside = builtins.filter (lib.hasPrefix "${name}/") (lib.attrNames all); in
        if inside != [ ] then
          fail "environment.etc: '${name}' cannot be a file: '${lib.head inside}' is below it"
        else { inherit name; text = file.text or null; source = file.source or null; })
      all;

  # One line of shell for each file: etc NAME copy|link FROM.
  etcLine = i: { name, text, source }:
    "etc ${lib.escapeShellArg name} " +
    (if text != null && source != null then
      fail "environment.etc.\"${name}\" has both text and source"
    else if text != null then "copy \"$text${toString i}Path\""
    else if source != null then "link ${lib.escapeShellArg "${source}"}"
    else fail "environment.etc.\"${name}\" has neither text nor source") + "\n";
  etcTexts = lib.listToAttrs (lib.concatLists (lib.imap0
    (i: e: lib.optional (e.text != null) (lib.nameValuePair "text${toString i}" e.text)) etc));

  toplevel = build
    "minimal-system${lib.optionalString (hostName != "") "-${hostName}"}"
    (etcTexts // {
      what = "system";
      inherit console;
      activate = ./activate;
      switch = ./switch-to-configuration;
      etcLines = lib.concatStrings (lib.imap0 etcLine etc);
      serviceLines = lib.concatStrings
        (lib.mapAttrsToList (name: script: "service ${name} ${script}\n") services);
      passAsFile = lib.attrNames etcTexts ++ [ "etcLines" "serviceLines" ];
    });
in
{
  inherit config pkgs;
  system =
    if builtins.length (lib.attrNames services) > 100
    then fail "at most 99 services"
    else builtins.deepSeq config toplevel;
}
