# SPDX-License-Identifier: MIT
# apply.nix - the containers that a file declares, for nixos-container apply
#
# file: a module with the option `containers`, or `systemd.containers`.  nixos: <nixpkgs/nixos>, or another set
# of its interface, such as the minimal system.  confDir: the directory of the settings.
#
# manifest is a folder with NAME/settings; NAME/system, a link to the system, unless the
# container has a flake or its own profile; and NAME/restart, if a change may restart it.
# text says the same, without a build.  Mistakes take the place of all containers.
{ file, nixos, confDir }:

let
  inherit (nixos) pkgs;
  inherit (pkgs) lib;

  containers = import ./declared.nix {
    inherit lib;
    hostPkgs = pkgs;
    modules = name: container: [
      (import ./inside.nix { inherit name container; inherit (pkgs.stdenv) hostPlatform; })
    ];
  };
  inherit (lib.evalModules {
    modules = [ { options = { inherit containers; systemd = { inherit containers; }; }; } file ];
    specialArgs = { inherit pkgs; };
  }) config;
  declared = config.containers // config.systemd.containers;
  twice = builtins.attrNames (builtins.intersectAttrs config.containers config.systemd.containers);
in

with lib;

let
  # of FUNCTION - what it says of each container
  of = say: concatLists (mapAttrsToList say declared);

  mistakes = map (name: "containers.${name}: declared as systemd.containers.${name}, too") twice
    ++ map (check: check.message) (filter (check: !check.assertion)
      (of (import ./checks.nix confDir)));
  # Those need the systems, which may need what is a mistake above.
  unfit = of (name: c: optional
    (elem "config" c.given && !(c.config.boot.isContainer or true))
    "containers.${name}.config: not the system of a container: leave out boot.isContainer = false");
  # A wrong name may have a newline.
  lines = map (replaceStrings [ "\n" ] [ " " ]);
  wrong = lines (if mistakes != [ ] then mistakes else unfit);
  warnings = lines (of (import ./warnings.nix));

  manifest = name: c:
    let settings = pkgs.writeText "${name}.conf" (import ./settings.nix c).rest; in
    [ { name = "${name}/settings"; path = settings; } ]
    ++ optional (c.path != null) { name = "${name}/system"; path = toString c.path; }
    ++ optional c.restartIfChanged { name = "${name}/restart"; path = settings; };

  said = name: lines: optional (lines != [ ])
    { name = ".${name}"; path = pkgs.writeText name (concatMapStrings (line: line + "\n") lines); };
  words = word: map (line: "${word} ${line}");
  text = name: c:
    [ "container ${name}" ]
    ++ optional (c.path != null) "system ${toString c.path}"
    ++ optional c.restartIfChanged "restart"
    ++ [ (import ./settings.nix c).rest ];
in
{
  manifest = pkgs.linkFarm "containers"
    (if wrong != [ ] then said "wrong" wrong else of manifest ++ said "warning" warnings);
  text = concatStringsSep "\n"
    (if wrong != [ ] then words "wrong" wrong else of text ++ words "warning" warnings);
}
