# SPDX-License-Identifier: MIT
# package.nix - the attributes of share/nixos/package.nix, called as nixpkgs does
#
# The libraries lie in the folder deps, which has a lib.  change is what
# overrideAttrs sets.
{ deps, change ? { } }:

let
  package = (import ./pkgs.nix).callPackageWith deps ../../share/nixos/package.nix { };
in
removeAttrs (package.overrideAttrs (_: change)) [ "outPath" "overrideAttrs" ]
