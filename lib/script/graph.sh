# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# graph.sh - what is connected with what, for Graphviz

cmd_graph() {
	[ $# -eq 0 ] || usage 'graph takes no name'
	describe graph
}

# graph(): the functions and tables are those of looking.sh.  Nodes are named
# by their kind, for a bridge may have the name of a container.
# shellcheck disable=SC2016 # for awk
awk_graph='
	function edge(from, to, attributes) {
		printf "\t%s -- %s%s;\n", text(from), text(to),
			attributes == "" ? "" : " [" attributes "]"
	}
	function node(id, attributes) {
		if (!(id in drawn)) printf "\t%s [%s];\n", text(id), attributes
		drawn[id]
	}
	# side(what, s): an attribute, where there is a text for it.
	function side(what, s) { return s == "" ? "" : what "=" text(s) " " }
	function bridge(b) {
		if (!(("bridge " b) in drawn)) {
			node("bridge " b, "shape=ellipse label=" text(b))
			edge("host", "bridge " b)
		}
		return "bridge " b
	}
	function attached(n, b, host, local) {
		edge(b == "" ? "host" : bridge(b), "container " n,
			side("taillabel", host) side("headlabel", local))
	}
	function extra(n, v,    w, part, option, i, k, c) {
		c = split_words(v, w)
		for (i = 1; i <= c; i++) {
			sub(/^[^:]*:/, "", w[i])
			split("", option)
			for (k = split(w[i], part, ","); k > 0; k--)
				option[substr(part[k], 1, index(part[k], "=") - 1)] = \
					substr(part[k], index(part[k], "=") + 1)
			attached(n, option["bridge"], joined(option["host"], option["host6"]),
				joined(option["local"], option["local6"]))
		}
	}
	function interfaces(n, v, how,    w, i, c) {
		c = split_words(v, w)
		for (i = 1; i <= c; i++) {
			sub(/[:=].*/, "", w[i])
			node("interface " w[i], "shape=plain label=" text(w[i]))
			edge("interface " w[i], "container " n, "label=" text(how))
		}
	}
	function ports(n,    w, i, c) {
		gsub(/,/, " ", conf[n, "HOST_PORT"])
		c = split_words(conf[n, "HOST_PORT"], w)
		for (i = 1; i <= c; i++)
			edge("host", "container " n, "style=dashed dir=forward label=" text(w[i]))
	}
	function container(n) {
		node("container " n, "label=" text(n) (state(n) == "up" ? "" : " style=dotted"))
		if (conf[n, "PRIVATE_NETWORK"] == "1")
			attached(n, conf[n, "HOST_BRIDGE"], conf[n, "HOST_BRIDGE"] == "" ? \
				joined(conf[n, "HOST_ADDRESS"], conf[n, "HOST_ADDRESS6"]) : "", addresses(n))
		else if (conf[n, "NETWORK_NAMESPACE_PATH"] != "") {
			node("namespace " conf[n, "NETWORK_NAMESPACE_PATH"],
				"shape=ellipse label=" text(conf[n, "NETWORK_NAMESPACE_PATH"]))
			edge("namespace " conf[n, "NETWORK_NAMESPACE_PATH"], "container " n)
		} else if (conf[n, "INTERFACES"] conf[n, "MACVLANS"] == "")
			edge("host", "container " n, "style=bold label=" text("network of the host"))
		extra(n, conf[n, "EXTRA_VETHS"])
		interfaces(n, conf[n, "INTERFACES"], "moved")
		interfaces(n, conf[n, "MACVLANS"], "macvlan")
		ports(n)
	}
	function graph(    i) {
		print "graph containers {\n\tnode [shape=box];"
		node("host", "label=" text(host) " shape=box3d")
		for (i = 1; i <= count; i++) container(names[i])
		print "}"
	}
'
