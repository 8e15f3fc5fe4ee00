package onepass

// kinds are a set of kinds of JSON values.
type kinds uint8

const (
	null kinds = 1 << iota
	yes
	no
	whole    // numbers without a fraction
	fraction // other numbers
	str
	array
	object

	anything = null | yes | no | whole | fraction | str | array | object
)

// kindsOf are what a value can be by its first byte.
var kindsOf = func() (t [256]kinds) {
	t['n'], t['t'], t['f'], t['"'], t['['], t['{'] = null, yes, no, str, array, object
	for _, b := range "-0123456789" {
		t[b] = whole | fraction
	}
	return t
}()

// A node is what is asked of a value. A nil node asks nothing.
type node struct {
	kinds    kinds
	text     *text // of a string; nil: nothing more
	number   *bounds
	elements *elements
	members  *members

	all []*node   // the value fits each of them too
	any [][]*node // and of each of these lists one or more
	one [][]*node // and of each of these exactly one
}

// asks reports whether a node asks anything of the value's own.
func (n *node) asks() bool { return n.kinds != anything || n.details() }

// details reports whether a node asks more than the kind of a value.
func (n *node) details() bool {
	return n.text != nil || n.number != nil || n.elements != nil || n.members != nil
}

func (n *node) refers() bool { return len(n.all)+len(n.any)+len(n.one) > 0 }

// byKind reports whether a value's first byte tells if it fits what the node
// asks of its own.
func (n *node) byKind() bool {
	numbers := n.kinds & (whole | fraction)
	return !n.details() && (numbers == 0 || numbers == whole|fraction)
}

// others are the nodes that look at the same value.
func (n *node) others() [][]*node {
	return append(append([][]*node{n.all}, n.any...), n.one...)
}
