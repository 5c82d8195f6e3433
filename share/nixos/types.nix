# SPDX-License-Identifier: MIT
# types.nix - the option types behind `containers`
#
# Together they give each attribute a submodule that knows its name and takes
# extra arguments.  This way options.nix can evaluate the container's NixOS
# configuration under its name, without a type made for that one option.
{ lib }:

with lib;

let
  # The placeholder for an attribute's name in the documentation.
  anyName = "<name>";

  # Modules that depend on the name.  substSubModules receives them among others
  # and wrapped, so they carry a mark.  Evaluated as a plain module, this is the
  # module of the placeholder name.
  modulesByName = f: {
    __functor = _: { ... }: { imports = (f anyName).getSubModules; };
    _modulesByName = name: (f name).getSubModules;
  };

  # modulesFor NAME MODULE - the modules that MODULE is for the attribute NAME
  modulesFor = name: module:
    if module ? _modulesByName then module._modulesByName name
    else if isAttrs module && isList (module.imports or null)
    then [ (module // { imports = concatMap (modulesFor name) module.imports; }) ]
    else [ module ];
in
rec {
  # attrsByName f - a set whose attribute `name` is of the type `f name`
  #
  # Otherwise the same as attrsOf.  For documentation, and to merge the types of
  # several declarations, `f` is also called with the name "<name>".
  attrsByName = f:
    let
      any = f anyName;
      typeOf = loc: name:
        let
          type = builtins.addErrorContext
            "while choosing the type of the attribute `${name}':" (f name);
        in
        if isOptionType type then type
        else throw "The type of the option `${showOption (loc ++ [ name ])}' is not a type: ${builtins.typeOf type}.";
    in
    mkOptionType {
      name = "attrsByName";
      description = "attribute set of ${any.description}";
      descriptionClass = "composite";
      check = isAttrs;
      # The names of the attributes are known without evaluating their types.
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
        # The placeholder name shows whether two types merge; else each name does.
        binOp = a: b:
          let merged = name: (a.f name).typeMerge (b.f name).functor; in
          if merged anyName == null then null
          else {
            f = name: let type = merged name; in
              if type != null then type
              else throw "The attribute `${name}' is declared twice, with types that cannot be merged.";
          };
      };
    };

  # submoduleWithExtraArgs args modules - a submodule whose modules take `args`
  # besides config, options, lib and name; `imports` may use them
  submoduleWithExtraArgs = args: modules:
    types.submoduleWith {
      modules = toList modules;
      specialArgs = args;
      shorthandOnlyDefinesConfig = true;
    };
}
