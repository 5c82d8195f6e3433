# SPDX-License-Identifier: MIT
# modules.nix - evaluate a configuration written as NixOS modules
#
# Options are declared and types made as with nixpkgs' lib: `lib` has that part of it.
# evalModules returns the values of all options (config), and whether and how each is
# defined (options).  An unknown option or a wrong type throws one line that names
# the option and the file.
#
# As in NixOS, a property (mkIf, mkMerge, mkDefault, mkForce) of a set is
# pushed down to the set's attributes, so that a condition is evaluated only
# with the option that it guards.
plain: rec {
  inherit (builtins) isAttrs isString;

  lib = plain // {
    inherit evalModules fail mergeDefinitions mergeEqual mkOption mkOptionType;
    isOptionType = t: kind t == "option-type";
    showOption = show;
    types = import ./types.nix lib;
  };

  fail = text: throw "minimal system: ${text}";

  mkOption = o: o // { _type = "option"; };
  mkOptionType = t: {
    description = t.name;
    check = _: true;
    merge = mergeEqual;
    getSubModules = null;
  } // t // { _type = "option-type"; };

  kind = v: if isAttrs v then v._type or "" else "";
  isSet = v: isAttrs v && v.type or "" != "derivation";

  show = path: lib.concatMapStringsSep "."
    (n: if builtins.match "[a-zA-Z_][a-zA-Z0-9_'-]*" n != null then n
        else builtins.toJSON n) path;
  describe = v: {
    set = "a set";
    list = "a list";
    lambda = "a function";
  }.${builtins.typeOf v} or (builtins.toJSON v);
  wrong = path: must: def: fail
    "option '${show path}' in ${def.file} must be ${must}, not ${describe def.value}";

  # deepest - the full path of an unknown option: down to its first value
  deepest = path: v:
    let
      it = builtins.tryEval v;
      first = builtins.head (builtins.attrNames it.value);
    in
    if !it.success || !isSet it.value || it.value == { } then path
    else if it.value ? _type then deepest path (it.value.content or null)
    else deepest (path ++ [ first ]) it.value.${first};

  # push - a definition of a set, without properties around it
  push = path: def@{ file, value }:
    let
      below = wrap: map (d: d // { value = builtins.mapAttrs (_: wrap) d.value; })
        (push path { inherit file; value = value.content; });
    in
    if kind value == "merge" then
      lib.concatMap (v: push path { inherit file; value = v; }) value.contents
    else if kind value == "if" then below (lib.mkIf value.condition)
    else if kind value == "override" then below (lib.mkOverride value.priority)
    else if isSet value then [ def ]
    else wrong path "a set" def;

  # settle - the plain values of a definition, each with its priority
  settle = priority: { file, value }:
    let
      go = p: v: settle p { inherit file; value = v; };
    in
    if kind value == "merge" then lib.concatMap (go priority) value.contents
    else if kind value == "if" then
      lib.optionals value.condition (go priority value.content)
    else if kind value == "override" then
      go (if priority == null then value.priority else priority) value.content
    else [ { inherit file value; priority = if priority == null then 100 else priority; } ];

  below = name: defs: lib.concatMap
    (d: lib.optional (d.value ? ${name}) { inherit (d) file; value = d.value.${name}; }) defs;

  # mergeEqual - the value of definitions that agree
  mergeEqual = path: found:
    let
      first = builtins.head found;
      other = builtins.filter (d: d.value != first.value) (builtins.tail found);
    in
    if other == [ ] then first.value
    else fail ("option '${show path}' has different values in "
      + "${first.file} and ${(builtins.head other).file}");

  # mergeDefinitions - what all definitions of an option or an attribute come to
  mergeDefinitions = path: type: defs:
    let
      all = lib.concatMap (settle null) defs;
      highestPrio = builtins.foldl' (a: d: lib.min a d.priority) 9999 all;
      found = builtins.filter (d: d.priority == highestPrio) all;
      bad = builtins.filter (d: !type.check d.value) found;
    in
    rec {
      inherit highestPrio;
      isDefined = found != [ ];
      mergedValue =
        if bad != [ ] then wrong path type.description (builtins.head bad)
        else type.merge path found;
      optionalValue = lib.optionalAttrs isDefined { value = mergedValue; };
    };

  # evalOption - an option with its value
  evalOption = path: declared: defs:
    let
      merged = mergeDefinitions path declared.type defs;
      value =
        if declared.readOnly or false && builtins.length defs > 1
        then fail "option '${show path}' is read-only"
        else if merged.isDefined then merged.mergedValue
        else declared.default or (fail "option '${show path}' has no value");
    in
    {
      _type = "option";
      isDefined = merged.isDefined || declared ? default;
      highestPrio =
        if !merged.isDefined && declared ? default then (lib.mkOptionDefault null).priority
        else merged.highestPrio;
      value = (declared.apply or (v: v)) value;
    };

  # evaluate - the tree of options; that of one is not evaluated with another's
  evaluate = path: declared: defs:
    if kind declared == "option" then evalOption path declared defs
    else builtins.mapAttrs
      (n: sub: evaluate (path ++ [ n ]) sub (below n (lib.concatMap (push path) defs)))
      declared;

  # values - the values of that tree, if nothing else is defined
  values = path: tree: defs:
    let
      sets = lib.concatMap (push path) defs;
      unknown = lib.concatMap (d: map (n: { inherit (d) file; path = deepest (path ++ [ n ]) d.value.${n}; })
        (builtins.attrNames (removeAttrs d.value (builtins.attrNames tree)))) sets;
      first = builtins.head unknown;
    in
    if kind tree == "option" then tree.value
    else if unknown != [ ] then fail "unknown option '${show first.path}' in ${first.file}"
    else builtins.mapAttrs (n: sub: values (path ++ [ n ]) sub (below n sets)) tree;

  # union - the options of two declarations
  union = a: b: a // builtins.mapAttrs
    (n: v: if a ? ${n} && kind v == "" then union a.${n} v else v) b;

  # load - a module: a file, a function or a set; key identifies it
  load = args: file: key: module:
    let
      isFile = builtins.isPath module || isString module;
      label = if isFile then toString module else value._file or file;
      body = if isFile then import module else module;
      value = if lib.isFunction body then body args else body;
      rest = removeAttrs value [ "_file" "key" "imports" "options" ];
      beside = builtins.attrNames (removeAttrs rest [ "config" ]);
    in
    {
      key = if isFile then label else key;
      file = label;
      imports = value.imports or [ ];
      options = value.options or { };
      config =
        if !isSet value then
          fail "${label} must hold a set, or a function that returns one, not ${describe value}"
        else if !(value ? config) then rest
        else if beside == [ ] then value.config
        else fail "unknown option '${builtins.head beside}' in ${label}, next to 'config'";
    };

  # evalModules - evaluate modules and their imports
  evalModules = { modules, specialArgs ? { }, prefix ? [ ] }:
    let
      all = specialArgs // { inherit config lib options; };
      loaded = builtins.genericClosure {
        startSet = lib.imap0 (i: load all "the configuration" (toString i)) modules;
        operator = m: lib.imap0 (i: load all m.file "${m.key}/${toString i}") m.imports;
      };
      defs = map (m: { inherit (m) file; value = m.config; }) loaded;
      options = evaluate prefix (builtins.foldl' union { } (map (m: m.options) loaded)) defs;
      config = values prefix options defs;
    in
    { inherit config options; };
}
