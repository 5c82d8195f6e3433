# SPDX-License-Identifier: MIT
# package.nix - the suite, its binaries static with musl
#
# For callPackage.  To change src (the tree to build), stateDir (the directory of
# containers' trees), confDir (that of their settings) or lockDir (that of their
# locks), use overrideAttrs.  They are not arguments: callPackage fills in each
# argument that nixpkgs has an attribute for, and nixpkgs has a src.
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

  # The source tree around this file; an installed copy has none.
  src =
    if builtins.pathExists ../../GNUmakefile then
      lib.cleanSourceWith {
        src = lib.cleanSource ../..;
        filter = path: _: path != toString ../../build;
      }
    else throw "${toString ./.}: not in a source tree: set src with overrideAttrs";
  stateDir = "/var/lib/containers";
  confDir = "/etc/containers";
  lockDir = "/run/nixos-container";

  nativeBuildInputs = [ makeWrapper ];
  buildInputs = [ libcap libmnl ];

  makeFlags = [
    "PREFIX=${placeholder "out"}"
    "STATE_DIR=${final.stateDir}"
    "CONF_DIR=${final.confDir}"
    "LOCK_DIR=${final.lockDir}"
    "CC=${stdenv.cc.targetPrefix}cc"
    "AR=${stdenv.cc.targetPrefix}ar"
    # That library is for programs linked with glibc.
    "NSS=0"
  ];

  # A plain ar can then read the objects.
  env.NIX_CFLAGS_COMPILE = "-ffat-lto-objects";

  # Both libraries are built for musl already: use them as they are.
  preBuild = ''
    mkdir -p build/deps/lib
    ln -s ${lib.getLib libcap}/lib/libcap.a ${lib.getLib libmnl}/lib/libmnl.a build/deps/lib
    touch build/deps/made
  '';

  buildFlags = [ "all" ];
  enableParallelBuilding = true;

  # The scripts of the built-in system are for the busybox of that system.
  dontPatchShebangs = true;

  # The tests would install packages with apt.
  doCheck = false;

  # The libraries are linked statically: nothing needs them at run time.
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
