# SPDX-License-Identifier: MIT
# types.nix - values of share/nixos/types.nix for t/nixos/nixos.bats
let
  lib = import (builtins.getEnv "NIXPKGS_LIB");
  inherit (import ../../share/nixos/types.nix { inherit lib; })
    attrsByName submoduleWithExtraArgs;
in
with lib;

let
  # of TYPE [definition...] - the value of an option x of that type
  evaluated = type: definitions: evalModules {
    modules = [ { options.x = mkOption { inherit type; }; } ]
      ++ imap1 (i: x: { _file = "file${toString i}"; inherit x; }) definitions;
  };
  of = type: definitions: (evaluated type definitions).config.x;

  # A number if the name begins with n, else a string.
  byName = attrsByName (name: if hasPrefix "n" name then types.int else types.str);

  # Numbers, except for one name.
  but = odd: type: attrsByName (name: if name == odd then type else types.int);

  point = submoduleWithExtraArgs { unit = "mm"; } ({ name, unit, ... }: {
    options.x = mkOption { type = types.int; default = 0; description = "Across."; };
    options.text = mkOption { type = types.str; description = "All of it."; };
    config.text = mkDefault "${name} ${unit}";
  });
  points = attrsByName (name:
    submoduleWithExtraArgs { unit = "${name}-mm"; } ({ unit, ... }: {
      options.text = mkOption { type = types.str; default = unit; description = "It."; };
    }));

  # Modules of two declarations; that of the first depends on the name.
  first = attrsByName (name: types.submodule {
    options."only-${name}" = mkOption { type = types.int; default = 1; description = "Own."; };
  });
  second = attrsByName (_: types.submodule {
    options.both = mkOption { type = types.int; default = 2; description = "Common."; };
  });
  declared = a: b: definitions: (evalModules {
    modules = [ { options.x = mkOption { type = a; }; } { options.x = mkOption { type = b; }; } ]
      ++ map (x: { inherit x; }) definitions;
  });
  docs = e: map (o: o.name) (filter (o: o.visible && !o.internal && head o.loc == "x")
    (optionAttrSetToDocList e.options));
in
{
  each = of byName [ { n = 1; s = "a"; } { n2 = 2; } ];
  wrong = of byName [ { n = 1; } { s = 5; } ];
  notASet = of byName [ 5 ];
  conflict = of byName [ { n = 1; } { n = 2; } ];
  noType = of (but "odd" 5) [ { odd = 1; } ];
  thrown = of (but "odd" (throw "not of this kind")) [ { even = 1; odd = 1; } ];

  conditions = of byName [
    (mkIf false { n9 = "never evaluated"; })
    { n1 = mkIf false 1; n2 = mkIf true 2; }
    (mkMerge [ { n3 = mkMerge [ (mkDefault 1) 3 ]; } (mkIf true { n4 = mkForce 4; }) ])
    { n4 = 5; n5 = mkDefault 5; }
    (mkDefault { n6 = 6; })
  ];
  override = of byName [ (mkForce { n = 1; }) { n = 2; s = "gone"; } ];
  order = of (attrsByName (_: types.lines)) [ { a = mkAfter "z"; } { a = "m"; } { a = mkBefore "a"; } ];
  empty = of (types.submodule { options.y = mkOption { type = byName; }; }) [ { } ];

  # Names are evaluated without types, and one attribute without the others.
  lazyNames = attrNames (of (but "b" (throw "type")) [ { a = 1; b = 2; } ]);
  lazyValue = (of (but "b" (throw "type")) [ { a = 1; b = { }; } ]).a;
  lazyInside = (of points [ { a = { }; b.text = throw "value"; } ]).a;
  # One attribute may depend on the value of another.
  knot = let e = evalModules {
    modules = [ ({ config, ... }: {
      options.x = mkOption { type = points; };
      config.x = { a = { }; b.text = "${config.x.a.text} as a"; };
    }) ]; }; in e.config.x;

  args = of points [ { a = { }; b = { }; } { b.text = "said"; } ];
  argsWithName = (of (attrsByName (_: point)) [ { a.x = 5; } { a = { name, ... }: { text = "by ${name}"; }; } ]).a;
  imports = of (submoduleWithExtraArgs { more = { options.z = mkOption { default = 3; }; }; }
    ({ more, ... }: { imports = [ more ]; })) [ { } ];
  unknown = of points [ { a.bad = 1; } ];

  # Two declarations are merged, with the modules of both, in either order.
  merged = {
    forth = (declared first second [ { a = { }; b.both = 5; } ]).config.x;
    back = (declared second first [ { a = { }; b.both = 5; } ]).config.x;
  };
  notMerged = (declared byName second [ ]).config.x;
  otherType = (declared first (types.attrsOf types.int) [ ]).config.x;
  sameArgs = (declared points second [ { a = { }; } ]).config.x;

  subOptions = docs (evaluated points [ ]);
  mergedSubOptions = docs (declared first second [ ]);
  plainSubOptions = docs (evaluated byName [ ]);
  subModules = {
    plain = byName.getSubModules;
    count = length points.getSubModules;
    # The module system may replace them.
    replaced = of (points.substSubModules [ { options.y = mkOption { default = 4; }; } ]) [ { a = { }; } ];
    # Evaluated as they are, they are those of the placeholder name.
    asModule = attrNames (evalModules {
      modules = first.getSubModules;
    }).options;
  };
  description = [ byName.description points.description byName.name ];
}
