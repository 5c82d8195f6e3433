# SPDX-License-Identifier: MIT
# eval-config.nix - evaluate a minimal system, at the path and with the arguments that
# evaluate a NixOS in a nixpkgs
{ modules, prefix ? [ ], specialArgs ? { }, system ? null }:

let
  minimal = import ../../default.nix {
    configuration = { imports = modules; };
    inherit prefix specialArgs;
  };
in
{
  config = minimal.config // {
    system = minimal.config.system // { build.toplevel = minimal.system; };
  };
}
