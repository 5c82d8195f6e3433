# SPDX-License-Identifier: MIT
# package.nix - what share/nixos/package.nix says, told to a stub of its arguments
#
# The stub's libraries lie in the folder deps, which has a lib.
{ deps }:

let
  library = { outPath = deps; };
  named = name: { outPath = "/fake/${name}"; };
in
import ../../share/nixos/package.nix ({
  lib = {
    licenses.mit = "MIT";
    platforms.linux = [ ];
    getLib = p: p;
    cleanSource = toString;
    makeBinPath = ps: builtins.concatStringsSep ":" (map (p: "${p}/bin") ps);
  };
  pkgsStatic = {
    libcap = library;
    libmnl = library;
    stdenv = { cc.targetPrefix = "musl-"; mkDerivation = attributes: attributes; };
  };
  makeWrapper = named "makeWrapper";
  src = toString ../..;
} // builtins.listToAttrs (map (name: { inherit name; value = named name; })
  [ "coreutils" "diffutils" "findutils" "gawk" "gnugrep" "gnused" "nftables" "nix" "systemd" "util-linux" ]))
