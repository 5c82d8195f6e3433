# SPDX-License-Identifier: MIT
# lib.nix - the part of nixpkgs' lib that a small configuration uses
let
  inherit (builtins) concatStringsSep elemAt genList head length replaceStrings
    stringLength substring;
in
rec {
  inherit (builtins) add all any attrNames attrValues concatLists concatMap
    concatStringsSep elem elemAt filter foldl' fromJSON functionArgs genList
    getAttr hasAttr head intersectAttrs isAttrs isBool isFloat isInt
    isList isString length listToAttrs map mapAttrs match readFile removeAttrs
    replaceStrings sort splitVersion stringLength substring tail throw toJSON
    toString trace typeOf zipAttrsWith;

  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkOverride = priority: content:
    { _type = "override"; inherit priority content; };
  mkOptionDefault = mkOverride 1500;
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;

  # Documentation, for which there is no use here.
  literalExpression = text: { _type = "literalExpression"; inherit text; };

  # A set with __functor is one, too.
  isFunction = f: builtins.isFunction f || f ? __functor && isFunction (f.__functor f);
  id = x: x;
  const = x: y: x;
  min = a: b: if a < b then a else b;
  max = a: b: if a > b then a else b;
  boolToString = b: if b then "true" else "false";

  optional = cond: x: if cond then [ x ] else [ ];
  optionals = cond: list: if cond then list else [ ];
  optionalAttrs = cond: set: if cond then set else { };
  optionalString = cond: string: if cond then string else "";

  toList = x: if builtins.isList x then x else [ x ];
  last = list: elemAt list (length list - 1);
  imap0 = f: list: genList (i: f i (elemAt list i)) (length list);
  range = from: to: if from > to then [ ] else genList (i: from + i) (to - from + 1);
  concatStrings = concatStringsSep "";
  concatMapStrings = f: list: concatStrings (map f list);
  concatMapStringsSep = sep: f: list: concatStringsSep sep (map f list);

  nameValuePair = name: value: { inherit name value; };
  mapAttrsToList = f: set: map (n: f n set.${n}) (builtins.attrNames set);
  mapAttrs' = f: set: builtins.listToAttrs (mapAttrsToList f set);
  filterAttrs = ok: set: removeAttrs set
    (builtins.filter (n: !ok n set.${n}) (builtins.attrNames set));
  genAttrs = names: f: builtins.listToAttrs (map (n: nameValuePair n (f n)) names);
  attrByPath = path: default: set:
    if path == [ ] then set
    else if set ? ${head path}
    then attrByPath (builtins.tail path) default set.${head path}
    else default;

  hasPrefix = p: s: substring 0 (stringLength p) s == p;
  hasSuffix = p: s:
    stringLength s >= stringLength p &&
    substring (stringLength s - stringLength p) (stringLength p) s == p;
  escapeShellArg = arg: "'${replaceStrings [ "'" ] [ "'\\''" ] (toString arg)}'";
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;
}
