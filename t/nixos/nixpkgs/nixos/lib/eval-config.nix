# SPDX-License-Identifier: MIT
# eval-config.nix - where a nixpkgs has that which evaluates a NixOS
#
# Of the options there are those of the stubs, and services.openssh.enable, which
# serves a page on ssh's port.  The system is the minimal one where MINIMAL says
# where that is.
{ modules, prefix ? [ ], specialArgs ? { }, system }:

let lib = import (builtins.getEnv "NIXPKGS_LIB"); in

assert system == null;
lib.evalModules {
  inherit prefix;
  specialArgs = { modulesPath = ../modules; } // specialArgs;
  modules = modules ++ [
    ../../../stubs.nix
    ({ config, ... }: with lib; {
      options.boot.isContainer = mkOption { type = types.bool; default = false; };
      options.services.openssh.enable = mkOption { type = types.bool; default = false; };
      config._module.args.pkgs = import ../../../pkgs.nix;
      config.system.build.toplevel =
        let
          minimal = builtins.getEnv "MINIMAL";
          system = (import (/. + minimal) {
            configuration = {
              networking = { inherit (config.networking) hostName; };
              environment.etc = mapAttrs (_: file: { inherit (file) text; })
                config.environment.etc // { "www/index.html".text = "This is ssh's port.\n"; };
              services = optionalAttrs config.services.openssh.enable {
                sshd.command = "exec httpd -f -p 22 -h /etc/www";
              };
            };
          }).system;
        in
        if minimal != "" then system
        else (import ../../../pkgs.nix).fake "system-of-${config.networking.hostName}";
    })
  ];
}
