# SPDX-License-Identifier: MIT
# modules.nix - evaluate a configuration written as NixOS modules
#
# options: a tree whose leaves are made by `option`, or by `each` for a set of
# any names.  args: the arguments of a module that is a function.  Returns the
# values of all options.  An unknown option or a wrong type throws one line that
# names the option and the file.
#
# As in NixOS, a property (mkIf, mkMerge, mkDefault, mkForce) of a set is
# pushed down to the set's attributes, so that a condition is evaluated only
# with the option that it guards.
lib: rec {
  inherit (builtins) isAttrs isString;

  fail = text: throw "minimal system: ${text}";

  # option DESCRIPTION PREDICATE DEFAULT
  option = must: ok: default: { _type = "option"; inherit must ok default; };
  # merged: merge combines several definitions of one priority
  merged = merge: opt: opt // { inherit merge; };
  each = must: ok: sub: { _type = "each"; inherit must ok sub; };

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

  winners = defs:
    let
      all = lib.concatMap (settle null) defs;
      best = builtins.foldl' (a: d: lib.min a d.priority) 10000 all;
    in
    builtins.filter (d: d.priority == best) all;

  below = name: defs: lib.concatMap
    (d: lib.optional (d.value ? ${name}) { inherit (d) file; value = d.value.${name}; }) defs;

  evaluate = path: schema: defs: {
    option = evalOption;
    each = evalEach;
    "" = evalTree;
  }.${kind schema} path schema defs;

  evalOption = path: schema: defs:
    let
      found = winners defs;
      bad = builtins.filter (d: !schema.ok d.value) found;
      other = builtins.filter (d: d.value != (builtins.head found).value) found;
    in
    if found == [ ] then schema.default
    else if bad != [ ] then wrong path schema.must (builtins.head bad)
    else if schema ? merge then schema.merge (map (d: d.value) found)
    else if other == [ ] then (builtins.head found).value
    else fail ("option '${show path}' has different values in "
      + "${(builtins.head found).file} and ${(builtins.head other).file}");

  evalEach = path: schema: defs:
    let
      sets = map (d: if isSet d.value then d else wrong path "a set" d) (winners defs);
      names = builtins.attrNames (builtins.foldl' (a: d: a // d.value) { } sets);
      defined = builtins.filter (n: lib.concatMap (settle null) (below n sets) != [ ]) names;
      value = n:
        if schema.ok n then evaluate (path ++ [ n ]) schema.sub (below n sets)
        else fail "the name of '${show (path ++ [ n ])}' in ${(builtins.head (below n sets)).file} must be ${schema.must}";
    in
    lib.genAttrs defined value;

  evalTree = path: schema: defs:
    let
      sets = lib.concatMap (push path) defs;
      unknown = lib.concatMap (d: map (n: { inherit (d) file; path = deepest (path ++ [ n ]) d.value.${n}; })
        (builtins.attrNames (removeAttrs d.value (builtins.attrNames schema)))) sets;
      first = builtins.head unknown;
    in
    if unknown != [ ] then fail "unknown option '${show first.path}' in ${first.file}"
    else builtins.mapAttrs (n: sub: evaluate (path ++ [ n ]) sub (below n sets)) schema;

  # load - a module: a file, a function or a set; key identifies it
  load = args: file: key: module:
    let
      isFile = builtins.isPath module || isString module;
      label = if isFile then toString module else file;
      body = if isFile then import module else module;
      value = if builtins.isFunction body then body args else body;
      rest = removeAttrs value [ "_file" "key" "imports" ];
      beside = builtins.attrNames (removeAttrs rest [ "config" ]);
    in
    {
      key = if isFile then label else key;
      file = label;
      imports = value.imports or [ ];
      config =
        if !isSet value then
          fail "${label} must hold a set, or a function that returns one, not ${describe value}"
        else if !(value ? config) then rest
        else if beside == [ ] then value.config
        else fail "unknown option '${builtins.head beside}' in ${label}, next to 'config'";
    };

  # evalModules - the values of all options, for one module and its imports
  evalModules = { options, args, module }:
    let
      config = evaluate [ ] options (map (m: { inherit (m) file; value = m.config; }) modules);
      all = args // { inherit config lib options; };
      modules = builtins.genericClosure {
        startSet = [ (load all "the configuration" "0" module) ];
        operator = m: lib.imap0 (i: load all m.file "${m.key}/${toString i}") m.imports;
      };
    in
    config;
}
