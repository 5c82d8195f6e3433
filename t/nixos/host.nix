# SPDX-License-Identifier: MIT
# host.nix - evaluate a host with module.nix; NIXPKGS_LIB is nixpkgs' lib
{ configuration
, pkgs ? import ./pkgs.nix
, module ? ../../share/nixos/module.nix
}:

let lib = import (builtins.getEnv "NIXPKGS_LIB"); in
lib.evalModules {
  modules = [ ./stubs.nix module { _module.args = { inherit pkgs; }; } configuration ];
}
