package dataset

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// element returns "name", "name*" (repeated) or "name?" (optional): a group of
// so many children, or an INT32 if it has none.
func element(name string, children int32, converted ...deprecated.ConvertedType) format.SchemaElement {
	repetition := format.Required
	switch {
	case strings.HasSuffix(name, "*"):
		repetition = format.Repeated
	case strings.HasSuffix(name, "?"):
		repetition = format.Optional
	}
	e := format.SchemaElement{Name: strings.TrimRight(name, "*?"),
		RepetitionType: thrift.Null[format.FieldRepetitionType]{V: repetition, Valid: true}}
	if children > 0 {
		e.NumChildren = thrift.Null[int32]{V: children, Valid: true}
	} else {
		e.Type = thrift.Null[format.Type]{V: format.Int32, Valid: true}
	}
	for _, c := range converted {
		e.ConvertedType = thrift.Null[deprecated.ConvertedType]{V: c, Valid: true}
	}
	return e
}

// rowOf makes a row of INT32 values: "7/1/0" is 7 at repetition level 1,
// definition level 0; "-" for the 7 is null. Leaves are parted by "|".
func rowOf(text string) (row parquet.Row) {
	for column, values := range strings.Split(text, "|") {
		for _, one := range strings.Fields(values) {
			parts := strings.Split(one, "/")
			var n int32
			var rep, def int
			v := parquet.NullValue()
			if _, err := fmt.Sscan(parts[0], &n); err == nil {
				v = parquet.ValueOf(n)
			}
			fmt.Sscan(parts[1], &rep)
			fmt.Sscan(parts[2], &def)
			row = append(row, v.Level(rep, def, column))
		}
	}
	return row
}

// TestParquetListsOfOldWriters has the cases of the format's LogicalTypes.md,
// "Backward-compatibility rules".
func TestParquetListsOfOldWriters(t *testing.T) {
	root := element("schema", 1)
	list, mapping := deprecated.List, deprecated.Map
	tests := []struct {
		name      string
		elements  []format.SchemaElement
		row, want string
	}{
		{"three levels", []format.SchemaElement{root, element("l?", 1, list), element("list*", 1), element("element?", 0)},
			"1/0/3 -/1/2 3/1/3", `{"l":[1,null,3]}`},
		{"repeated leaf", []format.SchemaElement{root, element("l?", 1, list), element("element*", 0)},
			"1/0/2 2/1/2", `{"l":[1,2]}`},
		{"repeated leaf, empty", []format.SchemaElement{root, element("l?", 1, list), element("element*", 0)}, "-/0/1", `{"l":[]}`},
		{"repeated leaf, null", []format.SchemaElement{root, element("l?", 1, list), element("element*", 0)}, "-/0/0", `{"l":null}`},
		{"tuple of two", []format.SchemaElement{root, element("l?", 1, list), element("element*", 2), element("a", 0), element("b", 0)},
			"1/0/2 3/1/2|2/0/2 4/1/2", `{"l":[{"a":1,"b":2},{"a":3,"b":4}]}`},
		{"array", []format.SchemaElement{root, element("l?", 1, list), element("array*", 1), element("a", 0)},
			"1/0/2 3/1/2", `{"l":[{"a":1},{"a":3}]}`},
		{"_tuple", []format.SchemaElement{root, element("l?", 1, list), element("l_tuple*", 1), element("a", 0)},
			"1/0/2", `{"l":[{"a":1}]}`},
		{"no list, repeated", []format.SchemaElement{root, element("l*", 0)}, "1/0/1 2/1/1", `{"l":[1,2]}`},
		{"no list, repeated, none", []format.SchemaElement{root, element("l*", 0)}, "-/0/0", `{"l":[]}`},
		{"no list, repeated group", []format.SchemaElement{root, element("l*", 1), element("a*", 0)},
			"1/0/2 2/2/2 3/1/2 -/1/1", `{"l":[{"a":[1,2]},{"a":[3]},{"a":[]}]}`},
		{"map", []format.SchemaElement{root, element("m", 1, mapping), element("map*", 2, deprecated.MapKeyValue), element("key", 0), element("value?", 0)},
			"1/0/1 2/1/1|5/0/2 -/1/1", `{"m":{"1":5,"2":null}}`},
		{"MAP_KEY_VALUE", []format.SchemaElement{root, element("m", 1, deprecated.MapKeyValue), element("map*", 2), element("key", 0), element("value", 0)},
			"-/0/0|-/0/0", `{"m":{}}`},
		{"set", []format.SchemaElement{root, element("m", 1, mapping), element("map*", 1), element("key", 0)},
			"1/0/1", `{"m":{"1":null}}`},
		{"columns that disagree", []format.SchemaElement{element("schema", 2), element("a*", 0), element("b", 0)},
			"1/0/1|1/0/0 2/0/0", errUneven.Error()},
		{"a column that ends", []format.SchemaElement{element("schema", 2), element("a", 0), element("b", 0)}, "1/0/0", errUneven.Error()},
		{"levels that do not nest", []format.SchemaElement{root, element("a*", 0)}, "1/0/1 2/2/1", errUneven.Error()},
	}
	for _, tt := range tests {
		n, leaves, err := parquetSchema(tt.elements)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		w := rowWriter{root: n, left: make([][]parquet.Value, len(leaves)), max: 1000}
		got, err := w.append(nil, rowOf(tt.row))
		if err != nil {
			got = []byte(err.Error())
		}
		if string(got) != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestParquetConvertedTypes(t *testing.T) {
	int32s := map[deprecated.ConvertedType]string{
		deprecated.Date: `"2024-02-29"`, deprecated.TimeMillis: `"00:00:19.782Z"`, deprecated.Decimal: "197.82",
		deprecated.Uint32: "19782", deprecated.Int8: "19782",
	}
	for converted, want := range int32s {
		e := element("a", 0, converted)
		e.Scale = thrift.Null[int32]{V: 2, Valid: true}
		l, err := leafOf(&e)
		if err != nil {
			t.Errorf("%v: %v", converted, err)
			continue
		}
		if got, err := l.append(nil, parquet.ValueOf(int32(19782))); err != nil || string(got) != want {
			t.Errorf("%v: got %s, %v, want %s", converted, got, err, want)
		}
	}
	for _, converted := range []deprecated.ConvertedType{deprecated.UTF8, deprecated.TimestampMicros, deprecated.Json} {
		e := element("a", 0, converted)
		if _, err := leafOf(&e); err == nil || !strings.HasPrefix(err.Error(), "a INT32 cannot be ") {
			t.Errorf("an INT32 of converted type %v: %v", converted, err)
		}
	}
}

func TestParquetValuesOutOfRange(t *testing.T) {
	millis := element("a", 0, deprecated.TimeMillis)
	l, err := leafOf(&millis)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int32{-1, 24 * 60 * 60 * 1000} {
		if _, err := l.append(nil, parquet.ValueOf(n)); err == nil || err.Error() != fmt.Sprintf("a time of %d MILLIS after midnight", n) {
			t.Errorf("%d: %v", n, err)
		}
	}
	if _, err := l.append(nil, parquet.ValueOf("text")); err == nil {
		t.Error("text in a column of times is written")
	}
	days, err := leafOf(&format.SchemaElement{Type: millis.Type, LogicalType: format.LogicalType{Value: &format.DateType{}}})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int32]string{2932897: `"+10000-01-01"`, -719529: `"-0001-12-31"`, -719528: `"0000-01-01"`} {
		if got, err := days.append(nil, parquet.ValueOf(n)); err != nil && string(got) != want || string(got) != want {
			t.Errorf("day %d: %s, %v, want %s", n, got, err, want)
		}
	}
}

func TestParquetSchemaTooDeep(t *testing.T) {
	elements := []format.SchemaElement{element("schema", 1)}
	for range maxSchemaDepth + 1 {
		elements = append(elements, element("g", 1))
	}
	elements = append(elements, element("leaf", 0))
	if _, _, err := parquetSchema(elements); err == nil || !strings.Contains(err.Error(), "nested more than 200 deep") {
		t.Errorf("got %v", err)
	}
}
