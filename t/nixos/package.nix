# SPDX-License-Identifier: MIT
# package.nix - the attributes of share/nixos/package.nix, called as nixpkgs does
#
# deps is a folder whose lib holds the libraries.  change is passed to
# overrideAttrs.  shared asks for the variant with shared libraries.
{ deps, change ? { }, shared ? false }:

let
  package = (import ./pkgs.nix).callPackageWith deps ../../share/nixos/package.nix { };
  wanted = if shared then package.passthru.shared else package;
in
removeAttrs (wanted.overrideAttrs (_: change)) [ "outPath" "overrideAttrs" "passthru" ]
