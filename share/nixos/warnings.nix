# SPDX-License-Identifier: MIT
# warnings.nix - what a container's options say without effect
#
# warnings name cfg: a list of strings, with the arguments of checks.nix.  The module
# of nixpkgs takes these combinations, too, and ignores them.  It uses Nix's builtins
# only, no library.
name: cfg:

let
  inherit (builtins) attrNames concatMap filter;

  get = attribute: cfg.${attribute} or null;
  set = attribute: let v = get attribute; in v != null && v != [ ];
  option = attribute: "containers.${name}.${attribute}";
  private = get "privateNetwork" == true;
  none = why: attribute: "${option attribute} has no effect ${why}";

  pairs = cfg.extraVeths or { };
  ofPair = pair:
    let
      given = attribute: pairs.${pair}.${attribute} or null != null;
      of = map (attribute: "extraVeths.${pair}.${attribute}");
    in
    map (none "with a hostBridge")
      (of (if !(given "hostBridge") then [ ] else filter given [ "hostAddress" "hostAddress6" ]))
    ++ map (none "there: use ${option "forwardPorts"}")
      (of (if pairs.${pair}.forwardPorts or [ ] == [ ] then [ ] else [ "forwardPorts" ]));
in
(if private then [ ] else
map (none "without ${option "privateNetwork"}") (filter set [
  "hostBridge" "hostAddress" "hostAddress6" "localAddress" "localAddress6"
  "localMacAddress" "forwardPorts"
]))
++ (if private && set "forwardPorts" && !(set "localAddress") && !(set "localAddress6")
then [ (none "without ${option "localAddress"} or localAddress6" "forwardPorts") ] else [ ])
++ concatMap ofPair (attrNames pairs)
