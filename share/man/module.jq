# SPDX-License-Identifier: MIT
# module.jq - docs.nix's list of options, as the list of nixos-container-module(5)

# A text of mdoc: backslashes and quotes are literal.
def text: gsub("\\\\"; "\\e") | gsub("\""; "\\(dq");
def macro: {"command": "Ic", "file": "Pa", "manpage": "Xr", "option": "Ic"}[. // ""] // "Li";

# {role}`text` and `text` become macros, each on a line, with the punctuation around.
def prose:
	text
	| gsub("\n"; " ")
	| gsub(" *(?<open>\\(?)(\\{(?<role>[a-z]+)\\})?`(?<of>[^`]*)`(?<end>[.,;:)]*) *";
		"\n." + (.role | macro) + " " + (if .open == "" then "" else "( " end)
		+ (if .role == "manpage" then (.of | sub("\\((?<s>.)\\)"; " \(.s)")) else .of end)
		+ (.end | gsub("(?<c>.)"; " \(.c)")) + "\n")
	| gsub("(?<a>[a-z0-9)])[.] +(?=[A-Z])"; "\(.a).\n")
	| gsub("\n[ \n]*"; "\n") | sub("^\\s+"; "") | sub("\\s+$"; "");

# A list or set that is short goes on one line.
def folded: gsub("\\s*\n\\s*"; " ") as $line | if ($line | length) <= 60 then $line else . end;
# A bracket alone would be punctuation to mdoc.
def literal:
	folded | text
	| if test("\n") then ".Bd -literal -offset indent", ., ".Ed" else ".Pp", ".Dl \(gsub("(?<c>[][])"; "\\&\(.c)"))" end;

def option:
	".It Ic \(.name)",
	(.description | prose),
	".br",
	(.type | text)
		+ (if .default == null then "" else "; by default \(.default | folded | text)" end)
		+ (if .keys == [] then "" else "; in the settings" end),
	(if .keys == [] then empty else ".Ic \(.keys | join(" , "))" end),
	(if .example == null then empty else .example | literal end);

def list(title; pattern):
	".Sh \(title)", ".Bl -tag -width Ds", (.[] | select(.name | test(pattern)) | option), ".El";

list("OPTIONS OF A CONTAINER"; "^containers[.]"),
list("OPTIONS OF A HOST"; "^(containers$|boot[.]|programs[.]nixos-container[.](?!serveHost))"),
list("OPTIONS IN A CONTAINER"; "[.]serveHost$")
