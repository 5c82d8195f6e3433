# SPDX-License-Identifier: MIT
# container.nix - the container's side: sessions for the host, and name servers
#
# module.nix adds it to every container that it evaluates; import it into systems
# built elsewhere.  Outside a container it does nothing.  A system without it gets
# the sockets from the host at each start: it has them only under this suite.
{ config, lib, ... }:

with lib;

let
  cfg = config.programs.nixos-container;
  resolvconf = config.networking.resolvconf;
in
{
  key = "nixos-container/container";
  imports = [ ./program.nix ];

  options.programs.nixos-container.serveHost = mkOption {
    type = types.bool;
    default = config.boot.isContainer;
    defaultText = literalExpression "config.boot.isContainer";
    description = ''
      Whether the host can log in, and run commands as root, through the sockets
      {file}`/var/lib/login.socket` and {file}`/var/lib/root-shell.socket`.
    '';
  };

  config = mkMerge [
    (mkIf cfg.serveHost {
      programs.nixos-container.installed = true;
      systemd.sockets.ctr-login.wantedBy = [ "sockets.target" ];
      systemd.sockets.ctr-root-shell.wantedBy = [ "sockets.target" ];
    })
    # openresolv would overwrite the resolv.conf that the host copied.
    (mkIf (config.boot.isContainer && config.networking.useHostResolvConf && resolvconf.enable) {
      programs.nixos-container.installed = true;
      systemd.services.ctr-resolv-register = {
        wantedBy = [ "multi-user.target" ];
        path = [ resolvconf.package ];
      };
      systemd.paths.ctr-resolv-register.wantedBy = [ "paths.target" ];
    })
  ];
}
