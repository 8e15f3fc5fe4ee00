package openai

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// assembled puts an answer of one choice together from its deltas and returns its
// message.
func assembled(t testing.TB, deltas ...string) []byte {
	t.Helper()
	a := &completion{want: 1}
	for _, d := range deltas {
		if _, err := a.frame(nil, []byte(`{"choices":[{"index":0,"delta":`+d+`}]}`)); err != nil {
			t.Fatal(err)
		}
	}
	body := a.body()
	if !json.Valid(body) {
		t.Fatalf("not JSON: %.300s", body)
	}
	choices := rawjson.Array(rawjson.Get(body, "choices"))
	choices.Next()
	return rawjson.Get(choices.Value(), "message")
}

// elements returns those of an array.
func elements(array []byte) (all []string) {
	for c := rawjson.Array(array); c.Next(); {
		all = append(all, string(c.Value()))
	}
	return all
}

// many joins n elements.
func many(n int, element func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = element(i)
	}
	return strings.Join(all, ",")
}

// TestALongListKnowsAllItsIndexes adds to an element of a list, and to a tool call, by
// its index or id, after thousands of others.
func TestALongListKnowsAllItsIndexes(t *testing.T) {
	const n = 3000
	message := assembled(t,
		`{"x":[`+many(n, func(i int) string { return fmt.Sprintf(`{"index":%d,"t":"a"}`, i) })+`]}`,
		`{"x":[{"index":3,"t":"b"},{"index":2999,"t":"c"},{"t":"d"}]}`)
	got := elements(rawjson.Get(message, "x"))
	if len(got) != n+1 || got[3] != `{"index":3,"t":"ab"}` || got[2999] != `{"index":2999,"t":"ac"}` || got[n] != `{"t":"d"}` {
		t.Errorf("%d elements, %q to %q", len(got), got[3], got[len(got)-1])
	}
	call := func(i int) string {
		return fmt.Sprintf(`{"index":%d,"id":"c%d","type":"function","function":{"name":"f","arguments":"{"}}`, i, i)
	}
	calls := callsOf(t, many(n, call),
		`{"index":3,"function":{"arguments":"}"}}`, `{"id":"c4","function":{"arguments":"}"}}`, `{"index":2999,"function":{"arguments":"}"}}`)
	if len(calls) != n || calls[3] != "c3 f {}" || calls[4] != "c4 f {}" || calls[5] != "c5 f {" || calls[2999] != "c2999 f {}" {
		t.Errorf("%d calls, %q, last %q", len(calls), calls[3:6], calls[len(calls)-1])
	}
}

// TestAnIndexNeedNotBeKept has elements whose index stands behind more names than an
// object keeps, and others whose index is no number, few and many of them.
func TestAnIndexNeedNotBeKept(t *testing.T) {
	names := many(maxMembers, func(i int) string { return fmt.Sprintf(`"m%d":1`, i) })
	for _, n := range []int{few / 2, 2 * few} {
		first := many(n, func(i int) string { return fmt.Sprintf(`{%s,"index":%d},{"t":"a","index":"%d"}`, names, i, i) })
		message := assembled(t, `{"x":[`+first+`]}`, fmt.Sprintf(`{"x":[{"m0":2,"index":%d},{"index":"1","t":"b"}]}`, n-1))
		got := elements(rawjson.Get(message, "x"))
		if len(got) != 2*n || !strings.HasPrefix(got[2*n-2], `{"m0":2,"m1":1,`) || !strings.HasPrefix(got[3], `{"t":"ab",`) {
			t.Errorf("%d elements of %d, %.20s and %.40s", len(got), 2*n, got[2*n-2], got[3])
		}
	}
}

// TestIDsThatComeLate has calls get their ids after others have come.
func TestIDsThatComeLate(t *testing.T) {
	const n = 40
	named := many(n, func(i int) string { return fmt.Sprintf(`{"index":%d,"function":{"name":"f","arguments":"{"}}`, i) })
	ids := many(n, func(i int) string { return fmt.Sprintf(`{"index":%d,"id":"c%d"}`, n-1-i, n-1-i) })
	ends := many(n, func(i int) string { return fmt.Sprintf(`{"id":"c%d","function":{"arguments":"}"}}`, i) })
	got := callsOf(t, named, ids, ends)
	want := make([]string, n)
	for i := range want {
		want[i] = fmt.Sprintf("c%d f {}", i)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestLongListsCostTheirLength takes lists and arguments of half a megabyte: what is
// allocated for them is in proportion to that.
func TestLongListsCostTheirLength(t *testing.T) {
	const size = 1 << 19
	piece := `{"tool_calls":[{"index":0,"function":{"name":"f","arguments":" 1,1,1,1"}}]}`
	repeated := append([]string{`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"["}}]}`},
		slices.Repeat([]string{piece}, size/64)...)
	for name, deltas := range map[string][]string{
		"scalars":            {`{"x":[` + strings.Repeat("1,", size/2) + `1]}`},
		"scalars, by and by": slices.Repeat([]string{`{"x":[1,2,3]}`}, size/64),
		"objects":            {`{"x":[` + strings.Repeat(`{"a":1},`, size/8) + `1]}`},
		"a name repeated":    repeated,
	} {
		if n := allocated(func() { assembled(t, deltas...) }); n > 30*size {
			t.Errorf("%s: %d bytes for %d", name, n, size)
		}
	}
}

// FuzzWholeArguments holds that arguments are found whole exactly when they are, however they
// came.
func FuzzWholeArguments(f *testing.F) {
	for _, seed := range []string{
		`{\"a\":[1,\"}\"]}`, `[]`, ` {} `, `{}{}`, `\"a\\\"\"`, `\"\u0022`, `12`, `true`, `{\"a\":1]`, `]`, `{\u007d`, `x{}`, `\n{}\n x`, `"`, ``,
	} {
		f.Add(seed, uint16(1))
		f.Add(seed, uint16(0x1234))
	}
	f.Fuzz(func(t *testing.T, inner string, cuts uint16) {
		if !json.Valid([]byte(`"`+inner+`"`)) || len(inner) > 1000 {
			t.Skip()
		}
		var w whole
		v := &value{kind: kindText}
		for len(inner) > 0 {
			n := min(len(inner), 1+int(cuts%5))
			cuts = cuts>>3 | cuts<<13
			for n < len(inner) && !json.Valid([]byte(`"`+inner[:n]+`"`)) {
				n++ // no server cuts an escape
			}
			v.extend([]byte(inner[:n]))
			inner = inner[n:]
			want := json.Valid([]byte(rawjson.Str(v.append(nil))))
			if scalar := !strings.ContainsAny(string(v.buf), `{["`); scalar && len(v.buf) > longestScalar {
				continue
			}
			if got := w.of(v); got != want {
				t.Fatalf("%q is whole: %v, want %v", v.buf, got, want)
			}
		}
	})
}

// BenchmarkHugeDelta is a delta of a megabyte, of each kind that costs something of
// its own.
func BenchmarkHugeDelta(b *testing.B) {
	const size = 1 << 20
	fill := func(format string) string {
		var s strings.Builder
		for i := 0; s.Len() < size; i++ {
			if i > 0 {
				s.WriteByte(',')
			}
			fmt.Fprintf(&s, format, i)
		}
		return s.String()
	}
	for _, d := range []struct{ name, delta string }{
		{"text", `{"content":"` + strings.Repeat("a", size) + `"}`},
		{"escapes", `{"content":"` + strings.Repeat(`\n`, size/2) + `"}`},
		{"quotes", `{"content":"` + strings.Repeat(`\"`, size/2) + `"}`},
		{"scalars", `{"x":[` + fill(`%d`) + `]}`},
		{"objects", `{"x":[` + fill(`{"a":%d}`) + `]}`},
		{"indexed", `{"x":[` + fill(`{"index":%d}`) + `]}`},
		{"names", `{"x":{` + fill(`"%06d":1`) + `}}`},
		{"parts", `{"content":[` + fill(`{"type":"text","text":"%d"}`) + `]}`},
		{"other parts", `{"content":[` + fill(`{"type":"x","x":%d}`) + `]}`},
		{"calls", `{"tool_calls":[` + fill(`{"index":%d,"function":{"name":"f"}}`) + `]}`},
		{"calls by id", `{"tool_calls":[` + fill(`{"id":"%d","function":{"name":"f"}}`) + `]}`},
		{"arguments", `{"tool_calls":[{"index":0,"function":{"arguments":"["}},` +
			fill(`{"index":0,"function":{"name":"f","arguments":"  %d,"}}`) + `]}`},
	} {
		b.Run(d.name, func(b *testing.B) {
			data := []byte(`{"choices":[{"index":0,"delta":` + d.delta + `}]}`)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				a := &completion{want: 1}
				if _, err := a.frame(nil, data); err != nil {
					b.Fatal(err)
				}
				a.body()
			}
		})
	}
}
