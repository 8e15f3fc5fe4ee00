package dataset

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// maxSchemaDepth is how deep columns may be nested. Levels are bytes in the
// library.
const maxSchemaDepth = 200

// A shape is how a node becomes JSON.
type shape uint8

const (
	shapeValue  shape = iota // a leaf
	shapeObject              // a group
	shapeArray               // a list, or a field that repeats
	shapeMap                 // a map
)

// A node is a column, or a group of columns, as JSON has it. The terms
// definition and repetition level are Parquet's (Dremel's).
type node struct {
	name     []byte // quoted, with a colon
	shape    shape
	optional bool
	def      int     // the definition level from which on the node is not null
	itemDef  int     // shapeArray, shapeMap: from which on there is an item
	itemRep  int     // shapeArray, shapeMap: the repetition level of a further item
	fields   []*node // shapeArray: the item; shapeMap: the key, and the value if there is one
	from, to int     // the leaves that it has, by their numbers in the schema
	leaf     leaf    // shapeValue
}

// parquetSchema builds the tree of a file's schema, which the footer has as a
// list, depth first. It is the format's documentation LogicalTypes.md that says
// what are lists and maps, those of old writers included. It returns the leaves
// as well, in their order.
func parquetSchema(elements []format.SchemaElement) (*node, []leaf, error) {
	b := &schemaBuilder{elements: elements}
	root, err := b.root()
	if err != nil {
		return nil, nil, fmt.Errorf("its schema cannot be read: %w", err)
	}
	return root, b.leaves, nil
}

type schemaBuilder struct {
	elements []format.SchemaElement
	at       int
	leaves   []leaf
	depth    int
}

func (b *schemaBuilder) root() (*node, error) {
	e, err := b.take()
	if err != nil {
		return nil, err
	}
	if e.Type.Valid || e.NumChildren.V <= 0 {
		return nil, errors.New("it has no columns")
	}
	root := &node{shape: shapeObject}
	if err := b.children(root, e, 0, 0); err != nil {
		return nil, err
	}
	if b.at != len(b.elements) {
		return nil, errors.New("it has more elements than its groups count")
	}
	return root, nil
}

func (b *schemaBuilder) take() (*format.SchemaElement, error) {
	if b.at >= len(b.elements) {
		return nil, errors.New("it ends in the middle of a group")
	}
	b.at++
	return &b.elements[b.at-1], nil
}

// node builds the next element below something of the levels def and rep.
func (b *schemaBuilder) node(def, rep int) (*node, error) {
	e, err := b.take()
	if err != nil {
		return nil, err
	}
	if b.depth++; b.depth > maxSchemaDepth {
		return nil, fmt.Errorf("it is nested more than %d deep", maxSchemaDepth)
	}
	defer func() { b.depth-- }()
	switch e.RepetitionType.V {
	case format.Optional:
		n, err := b.body(e, def+1, rep)
		if err == nil {
			n.optional = true
		}
		return n, err
	case format.Repeated:
		return b.repeated(e, def, rep)
	}
	return b.body(e, def, rep)
}

// repeated builds a field that repeats outside of a list: an array all the
// same, which is never null.
func (b *schemaBuilder) repeated(e *format.SchemaElement, def, rep int) (*node, error) {
	item, err := b.body(e, def+1, rep+1)
	if err != nil {
		return nil, err
	}
	return &node{name: item.name, shape: shapeArray, def: def, itemDef: def + 1, itemRep: rep + 1,
		fields: []*node{item}, from: item.from, to: item.to}, nil
}

// body builds what e is apart from how often it occurs.
func (b *schemaBuilder) body(e *format.SchemaElement, def, rep int) (*node, error) {
	n := &node{name: append(jsontext.Append(nil, e.Name), ':'), def: def, from: len(b.leaves)}
	var err error
	switch {
	case e.Type.Valid:
		if n.leaf, err = leafOf(e); err != nil {
			return nil, fmt.Errorf("column %q: %w", e.Name, err)
		}
		n.leaf.def, n.leaf.rep = def, rep
		b.leaves = append(b.leaves, n.leaf)
		n.to = len(b.leaves)
		return n, nil
	case e.NumChildren.V <= 0:
		return nil, fmt.Errorf("the group %q has no columns", e.Name)
	case b.isContainer(e, isList):
		return n, b.list(n, e, def+1, rep+1)
	case b.isContainer(e, isMap):
		return n, b.mapping(n, def+1, rep+1)
	}
	n.shape = shapeObject
	return n, b.children(n, e, def, rep)
}

// children builds the fields of a group, whose names have to differ.
func (b *schemaBuilder) children(n *node, e *format.SchemaElement, def, rep int) error {
	n.from = len(b.leaves)
	seen := map[string]bool{}
	for range e.NumChildren.V {
		field, err := b.node(def, rep)
		if err != nil {
			return err
		}
		if seen[string(field.name)] {
			return fmt.Errorf("it has two columns %s beside each other: rename one", field.name[:len(field.name)-1])
		}
		seen[string(field.name)] = true
		n.fields = append(n.fields, field)
	}
	n.to = len(b.leaves)
	return nil
}

// isContainer reports whether e says that it is a list or a map, and has the
// one repeated child that makes it one.
func (b *schemaBuilder) isContainer(e *format.SchemaElement, is func(*format.SchemaElement) bool) bool {
	return is(e) && e.NumChildren.V == 1 && b.at < len(b.elements) &&
		b.elements[b.at].RepetitionType.V == format.Repeated
}

func isList(e *format.SchemaElement) bool {
	_, ok := e.LogicalType.Value.(*format.ListType)
	return ok || e.ConvertedType.Valid && e.ConvertedType.V == deprecated.List
}

func isMap(e *format.SchemaElement) bool {
	_, ok := e.LogicalType.Value.(*format.MapType)
	return ok || e.ConvertedType.Valid && (e.ConvertedType.V == deprecated.Map || e.ConvertedType.V == deprecated.MapKeyValue)
}

// list builds the items of a list, of the levels def and rep.
func (b *schemaBuilder) list(n *node, e *format.SchemaElement, def, rep int) error {
	r, err := b.take()
	if err != nil {
		return err
	}
	var item *node
	if b.isItem(e, r) {
		item, err = b.body(r, def, rep)
	} else {
		item, err = b.node(def, rep)
	}
	if err != nil {
		return err
	}
	n.shape, n.fields = shapeArray, []*node{item}
	n.itemDef, n.itemRep, n.to = def, rep, len(b.leaves)
	return nil
}

// isItem reports whether the repeated child r of the list e is the item, as old
// writers have it, and not a group around it.
func (b *schemaBuilder) isItem(e, r *format.SchemaElement) bool {
	if r.Type.Valid || r.NumChildren.V != 1 || r.Name == "array" || r.Name == e.Name+"_tuple" {
		return true
	}
	return b.at < len(b.elements) && b.elements[b.at].RepetitionType.V == format.Repeated
}

// mapping builds the keys and values of a map, of the levels def and rep.
func (b *schemaBuilder) mapping(n *node, def, rep int) error {
	r, err := b.take()
	if err != nil {
		return err
	}
	if r.NumChildren.V != 1 && r.NumChildren.V != 2 {
		return fmt.Errorf("the map %s has no pairs of key and value", n.name[:len(n.name)-1])
	}
	pair := &node{}
	if err := b.children(pair, r, def, rep); err != nil {
		return err
	}
	n.shape, n.fields = shapeMap, pair.fields
	n.itemDef, n.itemRep, n.to = def, rep, len(b.leaves)
	return nil
}

// kindOf returns the library's name of an element's physical type.
func kindOf(e *format.SchemaElement) parquet.Kind { return parquet.Kind(e.Type.V) }
