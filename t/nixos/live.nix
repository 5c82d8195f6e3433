# SPDX-License-Identifier: MIT
# live.nix - the files that NixOS would make for containers, for a host without it
#
# The modules are those installed in suite.  For each container: settings, the
# settings file; unit, the target of the unit's link; dropin, the content of its
# drop-in directory.  wrong are the failed assertions.
{ configuration, suite ? "/usr/local" }:

let
  lib = import (builtins.getEnv "NIXPKGS_LIB");
  pkgs = import ./pkgs.nix;
  config = (import ./host.nix {
    module = /. + "${suite}/share/nixos-container/nixos/module.nix";
    configuration = {
      imports = [ configuration ];
      programs.nixos-container = {
        package = pkgs.fake "suite" // { outPath = suite; };
        stateDir = "/var/lib/containers";
        confDir = "/etc/containers";
      };
    };
  }).config;
  file = name: text: derivation {
    inherit name text;
    system = builtins.currentSystem;
    builder = "/bin/sh";
    # In its sandbox there is no other program than the shell.
    args = [ "-c" "while IFS= read -r line; do printf '%s\\n' \"$line\"; done <\"$textPath\" >\"$out\"" ];
    passAsFile = [ "text" ];
  };
  units = builtins.listToAttrs (map (e: { inherit (e) name; value = e.path; })
    (lib.concatMap (p: p.entries or [ ]) config.systemd.packages));
in
with lib;
{
  wrong = map (a: a.message) (filter (a: !a.assertion) config.assertions);
  containers = mapAttrs
    (name: _:
      let service = config.systemd.services."container@${name}"; in
      {
        settings = file "${name}.conf" config.environment.etc."containers/${name}.conf".text;
        unit = units."lib/systemd/system/container@${name}.service";
        dropin = file "overrides.conf" (concatStringsSep "\n" [
          "[Unit]"
          "X-Restart-Triggers=${file "restart" (toString service.restartTriggers)}"
          "X-Reload-Triggers=${file "reload" (toString service.reloadTriggers)}"
          ""
        ]);
      })
    config.containers;
}
