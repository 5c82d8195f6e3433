# SPDX-License-Identifier: MIT
# types.nix - the types of options, for modules.nix
lib:

let
  inherit (builtins) all attrNames elem filter foldl' head isAttrs isBool isInt isList
    isPath isString match substring tail toJSON;
  inherit (lib) concatMap concatStringsSep genAttrs isFunction mapAttrs mergeDefinitions
    mkOptionType toList;

  plain = name: description: check: mkOptionType { inherit name description check; };
  isSet = v: isAttrs v && v.type or "" != "derivation";
  isModule = v: isSet v || isFunction v || isPath v;

  integer = description: min: max:
    plain "integer" description (v: isInt v && v >= min && v <= max);

  # attributes NAMED TYPE - a set; named is a function that checks the name of one
  attributes = named: type: {
    check = isSet;
    merge = path: found:
      let
        names = attrNames (foldl' (a: d: a // d.value) { } found);
        of = name: filter (d: d != null)
          (map (d: if d.value ? ${name} then { inherit (d) file; value = d.value.${name}; } else null) found);
        merged = genAttrs names (name:
          mergeDefinitions (path ++ [ name ]) type (of name));
      in
      mapAttrs (name: m: named (path ++ [ name ]) (head (of name)).file m.mergedValue)
        (lib.filterAttrs (_: m: m.isDefined) merged);
  };
  # definition - one of a submodule, as a module; a set has values of options alone
  definition = { file, value, ... }:
    if isSet value then { _file = file; config = value; }
    else if isFunction value then args: { _file = file; } // value args
    else value;
in
rec {
  bool = plain "bool" "true or false" isBool;
  str = plain "str" "a string" isString;
  strMatching = regex: plain "strMatching" "a string that matches ${regex}"
    (v: isString v && match regex v != null);
  path = plain "path" "an absolute path" (v:
    isPath v || (isString v || v ? outPath) && substring 0 1 (toString v) == "/");
  enum = values: plain "enum" "one of ${concatStringsSep ", " (map toJSON values)}"
    (v: elem v values);
  unspecified = plain "unspecified" "a value" (_: true);
  raw = unspecified;

  ints.u32 = integer "a number of 32 bits" 0 4294967295;
  ints.between = low: high:
    integer "a number from ${toString low} to ${toString high}" low high;
  ints.positive = integer "a number above 0" 1 9223372036854775807;
  port = integer "a port" 0 65535;

  nullOr = type: mkOptionType {
    name = "nullOr";
    description = "${type.description}, or null";
    check = v: v == null || type.check v;
    merge = path: found:
      if all (d: d.value != null) found then type.merge path found
      else lib.mergeEqual path found;
  };
  either = a: b: mkOptionType {
    name = "either";
    description = "${a.description} or ${b.description}";
    check = v: a.check v || b.check v;
    merge = path: found:
      (if all (d: a.check d.value) found then a else b).merge path found;
  };

  listOf = type: mkOptionType {
    name = "listOf";
    description = "a list";
    check = isList;
    merge = path: found:
      let
        elements = concatMap (d: map (value: { inherit (d) file; inherit value; }) d.value) found;
        merged = lib.imap0 (i: d: mergeDefinitions (path ++ [ (toString i) ]) type [ d ]) elements;
      in
      map (m: m.mergedValue) (filter (m: m.isDefined) merged);
  };
  attrsOf = type: mkOptionType ({
    name = "attrsOf";
    description = "a set";
  } // attributes (_: _: value: value) type);
  # attrsNamed MUST OK TYPE - the same, of names that are ok
  attrsNamed = must: ok: type: mkOptionType ({
    name = "attrsNamed";
    description = "a set";
  } // attributes (path: file: value:
    if ok (lib.last path) then value
    else lib.fail "the name of '${lib.showOption path}' in ${file} must be ${must}") type);

  # A module, evaluated later: that of a submodule with its definitions.
  deferredModule = mkOptionType {
    name = "deferredModule";
    description = "a module";
    check = isModule;
    merge = _: found: {
      imports = map (d: { _file = d.file; imports = [ d.value ]; }) found;
    };
  };
  submodule = modules: submoduleWith { modules = toList modules; };
  submoduleWith = { modules, specialArgs ? { }, shorthandOnlyDefinesConfig ? true }:
    mkOptionType {
      name = "submodule";
      description = "a set";
      check = isModule;
      merge = path: found: (lib.evalModules {
        modules = modules ++ map definition found;
        specialArgs = { name = lib.last path; } // specialArgs;
        prefix = path;
      }).config;
    };
}
