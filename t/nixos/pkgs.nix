# SPDX-License-Identifier: MIT
# pkgs.nix - what the modules use of the packages, as sets to look at
rec {
  fake = name: {
    type = "derivation";
    inherit name;
    outPath = "/fake/${name}";
  };
  path = ./nixpkgs;
  stdenv.hostPlatform.system = builtins.currentSystem;
  linkFarm = name: entries: fake name // { inherit entries; };
  callPackage = _: args: fake "nixos-container" // { inherit args; };
}
