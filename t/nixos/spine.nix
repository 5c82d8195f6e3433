# SPDX-License-Identifier: MIT
# spine.nix - evaluate modules without packages; NIXPKGS_LIB is nixpkgs' lib
#
# module: the module to test.  pkgs depends on its options, its imports and the
# names of its config, so these must not depend on pkgs.
{ module ? ../../share/nixos/module.nix }:

let lib = import (builtins.getEnv "NIXPKGS_LIB"); in
with lib;

let
  evaluated = configuration: evalModules {
    modules = [
      ./stubs.nix
      module
      { _module.args.pkgs = throw "pkgs"; }
      configuration
    ] ++ optional (baseNameOf module != "module.nix") {
      options.boot.isContainer = mkOption { default = true; };
    };
  };
  bare = import module {
    inherit lib;
    pkgs = throw "pkgs";
    config = throw "config";
    options = throw "options";
  };

  # names VALUE - the attributes of a config, through mkMerge, mkIf and mkOverride
  names = v:
    if v._type or "" == "merge" then concatMap names v.contents
    else if v ? _type then names v.content
    else attrNames v;
in
{
  # The full documentation of each option.
  declarations = let docs = optionAttrSetToDocList (evaluated { }).options; in
    deepSeq docs (filter (name: hasPrefix "containers" name && !hasInfix "_module" name)
      (map (o: o.name) docs));
  spine = deepSeq [ (attrNames bare.options) (map toString (filter isPath (bare.imports or [ ]))) ]
    (unique (names bare.config));
  # A whole host, except for packages.
  host =
    let
      config = (evaluated {
        containers.a = { path = "/system"; autoStart = true; };
        containers.b.privateUsers = "pick";
      }).config;
    in
    {
      etc = mapAttrs (_: file: file.text) config.environment.etc;
      services = attrNames config.systemd.services;
      wrong = filter (a: !a.assertion) config.assertions;
    };
}
