# SPDX-License-Identifier: MIT
# package.nix - the suite, its binaries static with musl
#
# Its attribute `shared` is the suite with glibc and shared libraries; what runs in
# containers is static there, too.
#
# For callPackage.  To change src (the tree to build), stateDir (the directory of
# containers' trees), confDir (that of their settings) or lockDir (that of their
# locks), use overrideAttrs.  They are not arguments: callPackage fills in each
# argument that nixpkgs has an attribute for, and nixpkgs has a src.
{ lib
, stdenv
, libcap
, libmnl
, pkg-config
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
  staticCC = pkgsStatic.stdenv.cc;
  makeShared = make { inherit libcap libmnl stdenv; shared = true; };

  # make PACKAGES - with the compiler and the libraries of these
  make = { stdenv, libcap, libmnl, shared ? false }: stdenv.mkDerivation (final: {
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

    nativeBuildInputs = [ makeWrapper ] ++ lib.optional shared pkg-config;
    buildInputs = [ libcap libmnl ];

    makeFlags = [
      "PREFIX=${placeholder "out"}"
      "STATE_DIR=${final.stateDir}"
      "CONF_DIR=${final.confDir}"
      "LOCK_DIR=${final.lockDir}"
      "CC=${stdenv.cc.targetPrefix}cc"
      # That library is for programs linked with glibc.
      "NSS=0"
    ] ++ (if shared then [ "STATIC=0" "STATIC_CC=${staticCC}/bin/${staticCC.targetPrefix}cc" ]
    else [ "AR=${stdenv.cc.targetPrefix}ar" ]);

    passthru = lib.optionalAttrs (!shared) { shared = makeShared; };

    # A plain ar can then read the objects.
    env.NIX_CFLAGS_COMPILE = "-ffat-lto-objects";

    # Both libraries are built for musl already: use them as they are.
    preBuild = ''
      mkdir -p build/deps/lib
      ln -s ${lib.getLib pkgsStatic.libcap}/lib/libcap.a ${lib.getLib pkgsStatic.libmnl}/lib/libmnl.a \
        build/deps/lib
      touch build/deps/made
    '';

    buildFlags = [ "all" ];
    enableParallelBuilding = true;

    # The scripts of the built-in system are for the busybox of that system.
    dontPatchShebangs = true;

    # The tests would install packages with apt.
    doCheck = false;

    # Libraries that are linked statically are not needed at run time.
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
  });
in
make { inherit (pkgsStatic) libcap libmnl stdenv; }
