package onepass

import "github.com/santhosh-tekuri/jsonschema/v6"

// acyclic refuses schemas that come back to themselves at the same value, which
// the library has an error for.
func (c *compiler) acyclic(root *jsonschema.Schema) error {
	seen, within := map[*node]bool{}, map[*node]bool{}
	var visit func(n *node) bool
	visit = func(n *node) bool {
		if within[n] || seen[n] {
			return !within[n]
		}
		seen[n], within[n] = true, true
		for _, list := range n.others() {
			for _, other := range list {
				if !visit(other) {
					return false
				}
			}
		}
		delete(within, n)
		return true
	}
	for _, n := range c.nodes {
		if !visit(n) {
			return &OutsideError{"a reference to itself", root.Location}
		}
	}
	return nil
}

// shorten has a node point to what its others come to.
func (n *node) shorten() {
	for _, list := range n.others() {
		shortenAll(list)
	}
	if n.elements != nil {
		shortenAll(n.elements.prefix)
		n.elements.rest = direct(n.elements.rest)
	}
	if n.members != nil {
		shortenAll(n.members.nodes)
		n.members.rest, n.members.keys = direct(n.members.rest), direct(n.members.keys)
		for i := range n.members.patterns {
			n.members.patterns[i].node = direct(n.members.patterns[i].node)
		}
	}
}

func shortenAll(list []*node) {
	for i, n := range list {
		list[i] = direct(n)
	}
}

// direct returns what a node comes to: nil if it asks nothing, the node that it
// refers to if it does nothing else.
func direct(n *node) *node {
	for n != nil && !n.asks() {
		switch {
		case !n.refers():
			return nil
		case len(n.all) != 1 || n.any != nil || n.one != nil:
			return n
		}
		n = n.all[0]
	}
	return n
}
