# SPDX-License-Identifier: MIT
# docs.nix - what share/man/module prints of each option: its documentation, and the
# keys of the settings file that it becomes
#
# lib is that of a nixpkgs.  Options are declared without packages, so none is needed.
{ lib }:

with lib;

let
  evaluate = configuration: evalModules {
    modules = [
      { _module.check = false; _module.args.pkgs = throw "pkgs"; }
      ./module.nix
      ./container.nix
      configuration
    ];
  };
  evaluated = evaluate { };
  documented = filter (o: o.visible && !o.internal && !hasInfix "_module" o.name
      && !hasInfix "extraVeths.<name>.forwardPorts" o.name)
    (optionAttrSetToDocList evaluated.options);
  containers = evaluated.options.containers.type.getSubOptions [ ];

  lines = settings: splitString "\n" (import ./settings.nix
    (evaluate { containers.any = settings; }).config.containers.any).text;
  # keys NAME - those that a value of this option adds to a container's settings
  keys = name:
    let
      option = containers.${name};
      value = if option.type.name == "bool" then !option.default
        else if option.example._type or "" != "" then null
        else option.example or null;
      without = if name == "privateNetwork" then { }
        else { privateNetwork = true; localAddress = "192.0.2.2"; };
    in
    if value == null then [ ] else concatMap (line: builtins.match "([A-Z0-9_]+)=.*" line)
      (subtractLists (lines without) (init (lines (without // { ${name} = value; }))));
  ofContainer = builtins.match "containers\\.<name>\\.([a-zA-Z0-9]+)";
in
map
  (o: {
    inherit (o) name type description;
    default = o.default.text or null;
    example = o.example.text or null;
    keys = let found = ofContainer o.name; in
      if found == null || elem (head found) [ "config" "specialArgs" "nixpkgs" "restartIfChanged" ] then [ ]
      else keys (head found);
  })
  documented
