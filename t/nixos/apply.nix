# SPDX-License-Identifier: MIT
# apply.nix - what share/nixos/apply.nix makes of a file with the lib of the minimal
# system, or with another
{ file, data, lib ? null }:
let
  minimal = import (data + "/systems/minimal") { configuration = { }; };
in
import (data + "/nixos/apply.nix") {
  inherit file;
  confDir = "/etc/containers";
  nixos = if lib == null then minimal
    else minimal // { pkgs = minimal.pkgs // { lib = import lib; }; };
}
