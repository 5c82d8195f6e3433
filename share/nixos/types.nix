# SPDX-License-Identifier: MIT
# types.nix - the option types that `containers` is built on
#
# Together they give each attribute a submodule that knows its name and what
# else it is told, so that a type for just one option is not needed: see
# options.nix, where the container's name reaches the evaluation of its NixOS
# configuration this way.
{ lib }:

with lib;

let
  # What stands for the name of an attribute in the documentation.
  anyName = "<name>";

  # Modules that differ from name to name: what substSubModules hands back for
  # getSubModules is among others, and wrapped, so it must be told by itself.
  # A module all the same: to who evaluates it, it is that of any name.
  modulesByName = f: {
    __functor = _: { ... }: { imports = (f anyName).getSubModules; };
    _modulesByName = name: (f name).getSubModules;
  };

  # for NAME MODULE - the modules that MODULE is for the attribute NAME
  modulesFor = name: module:
    if module ? _modulesByName then module._modulesByName name
    else if isAttrs module && isList (module.imports or null)
    then [ (module // { imports = concatMap (modulesFor name) module.imports; }) ]
    else [ module ];
in
rec {
  # attrsByName f - a set whose attribute `name` is of the type `f name`
  #
  # As attrsOf, but for that.  For documentation, and where types of several
  # declarations are made one, `f` is asked about the name "<name>" as well.
  attrsByName = f:
    let
      any = f anyName;
      typeOf = loc: name:
        let
          type = builtins.addErrorContext
            "while the type of the attribute `${name}' is chosen:" (f name);
        in
        if isOptionType type then type
        else throw "The type of the option `${showOption (loc ++ [ name ])}' is no type: ${builtins.typeOf type}.";
    in
    mkOptionType {
      name = "attrsByName";
      description = "attribute set of ${any.description}";
      descriptionClass = "composite";
      check = isAttrs;
      # Which attributes there are is known without a look at their types.
      merge = loc: defs:
        mapAttrs (_: it: it.optionalValue.value)
          (filterAttrs (_: it: it.optionalValue ? value)
            (zipAttrsWith
              (name: mergeDefinitions (loc ++ [ name ]) (typeOf loc name))
              (map (def: mapAttrs (_: value: { inherit (def) file; inherit value; }) def.value)
                defs)));
      emptyValue.value = { };
      getSubOptions = prefix: any.getSubOptions (prefix ++ [ anyName ]);
      getSubModules = if any.getSubModules == null then null else [ (modulesByName f) ];
      substSubModules = modules:
        attrsByName (name:
          let type = f name; in
          if type.getSubModules == null then type
          else type.substSubModules (concatMap (modulesFor name) modules));
      nestedTypes.elemType = any;
      functor = {
        name = "attrsByName";
        type = payload: attrsByName payload.f;
        payload = { inherit f; };
        # Whether two can be made one is seen at any name, or at the name.
        binOp = a: b:
          let merged = name: (a.f name).typeMerge (b.f name).functor; in
          if merged anyName == null then null
          else {
            f = name: let type = merged name; in
              if type != null then type
              else throw "The attribute `${name}' is declared twice, with types that cannot be made one.";
          };
      };
    };

  # submoduleWithExtraArgs args modules - a submodule whose modules are given
  # `args` beside config, options, lib and name; `imports` may use them
  submoduleWithExtraArgs = args: modules:
    types.submoduleWith {
      modules = toList modules;
      specialArgs = args;
      shorthandOnlyDefinesConfig = true;
    };
}
