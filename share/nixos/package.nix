# SPDX-License-Identifier: MIT
# package.nix - the suite, its binaries static with musl
#
# For callPackage.  overrideAttrs sets what is no package: src, the tree to build,
# and stateDir and confDir, where the host keeps the containers' trees and settings.
# None of them is an argument, even an optional one: callPackage fills each argument
# that nixpkgs has an attribute for, and nixpkgs has a src.
{ lib
, pkgsStatic
, makeWrapper
, coreutils
, diffutils
, findutils
, gawk
, gnugrep
, gnused
, nftables
, nix
, systemd
, util-linux
}:

let
  inherit (pkgsStatic) libcap libmnl stdenv;
in
stdenv.mkDerivation (final: {
  pname = "nixos-container";
  version = "0.2";

  # The tree that this file is part of; an installed copy is part of none.
  src =
    if builtins.pathExists ../../GNUmakefile then
      lib.cleanSourceWith {
        src = lib.cleanSource ../..;
        filter = path: _: path != toString ../../build;
      }
    else throw "${toString ./.}: not in its source tree: set src with overrideAttrs";
  stateDir = "/var/lib/containers";
  confDir = "/etc/containers";

  nativeBuildInputs = [ makeWrapper ];
  buildInputs = [ libcap libmnl ];

  makeFlags = [
    "PREFIX=${placeholder "out"}"
    "STATE_DIR=${final.stateDir}"
    "CONF_DIR=${final.confDir}"
    "CC=${stdenv.cc.targetPrefix}cc"
    "AR=${stdenv.cc.targetPrefix}ar"
    # That library is for programs with a glibc.
    "NSS=0"
  ];

  # So that a plain ar can look into the objects.
  env.NIX_CFLAGS_COMPILE = "-ffat-lto-objects";

  # Both libraries are made for musl already: there is nothing to gather.
  preBuild = ''
    mkdir -p build/deps/lib
    ln -s ${lib.getLib libcap}/lib/libcap.a ${lib.getLib libmnl}/lib/libmnl.a build/deps/lib
    touch build/deps/lib/mnl.ld
  '';

  buildFlags = [ "all" ];
  enableParallelBuilding = true;

  # The scripts of the built-in system are for the busybox of that system.
  dontPatchShebangs = true;

  # It installs what is missing, by apt.
  doCheck = false;

  # The libraries are in the binaries: nothing needs them at run time.
  postFixup = ''
    rm -rf $out/nix-support
    wrapProgram $out/bin/nixos-container --prefix PATH : ${lib.makeBinPath [
      coreutils diffutils findutils gawk gnugrep gnused nftables nix systemd util-linux
    ]}
  '';

  meta = {
    description = "Containers as a tree, a settings file, a profile and a unit";
    license = lib.licenses.mit;
    platforms = lib.platforms.linux;
    mainProgram = "nixos-container";
  };
})
