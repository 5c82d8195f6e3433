# SPDX-License-Identifier: MIT
# pkgs.nix - the parts of nixpkgs that modules and package use, as plain sets
rec {
  fake = name: {
    type = "derivation";
    inherit name;
    outPath = "/fake/${name}";
  };
  path = ./nixpkgs;
  stdenv.hostPlatform.system = builtins.currentSystem;
  linkFarm = name: entries: fake name // { inherit entries; };

  callPackage = callPackageWith "/fake/deps";

  # callPackageWith deps - callPackage of a nixpkgs with every attribute: it fills
  # all arguments, optional ones too.  Libraries are in the folder deps.
  callPackageWith = deps: file: args:
    let
      function = import file;
      known = {
        inherit lib;
        stdenv = stdenv // { cc.targetPrefix = ""; inherit mkDerivation; };
        pkgsStatic = {
          libcap.outPath = deps;
          libmnl.outPath = deps;
          stdenv = { cc = fake "cc" // { targetPrefix = "musl-"; }; inherit mkDerivation; };
        };
      };
    in
    function (builtins.mapAttrs (name: _: known.${name} or (fake name))
      (builtins.functionArgs function) // args);

  # mkDerivation attributes - return the attributes; as in nixpkgs, they may be a
  # function of the final ones
  mkDerivation = attributes:
    let
      of = if builtins.isFunction attributes then attributes else _: attributes;
      final = of final;
    in
    fake final.pname // final // {
      overrideAttrs = change: mkDerivation (final: of final // change (of final));
    };

  lib = {
    licenses.mit = "MIT";
    platforms.linux = [ ];
    getLib = p: p;
    optional = condition: value: if condition then [ value ] else [ ];
    optionalAttrs = condition: set: if condition then set else { };
    cleanSource = toString;
    cleanSourceWith = { src, filter }: src;
    makeBinPath = ps: builtins.concatStringsSep ":" (map (p: "${p}/bin") ps);
  };
}
