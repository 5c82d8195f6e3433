# SPDX-License-Identifier: MIT
# package.nix - the attributes of share/nixos/package.nix, called as nixpkgs does
#
# deps is a folder whose lib holds the libraries.  change is passed to
# overrideAttrs.
{ deps, change ? { } }:

let
  package = (import ./pkgs.nix).callPackageWith deps ../../share/nixos/package.nix { };
in
removeAttrs (package.overrideAttrs (_: change)) [ "outPath" "overrideAttrs" ]
