package dash

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// A column is one of a point's figures, as the feed has it.
type column struct {
	name string
	of   func(*point) float64
}

// columns are the figures of points. Times are in seconds, of latencies in
// milliseconds; counts are of the point's span.
var columns = []column{
	{"at", func(p *point) float64 { return float64(p.at.UnixMilli()) / 1000 }},
	{"span", func(p *point) float64 { return p.span.Seconds() }},
	{"ended", func(p *point) float64 { return float64(p.ended) }},
	{"failed", func(p *point) float64 { return float64(p.failed) }},
	{"requests", func(p *point) float64 { return float64(p.requests) }},
	{"retries", func(p *point) float64 { return float64(p.retries) }},
	{"throttled", func(p *point) float64 { return float64(p.throttled) }},
	{"hedges", func(p *point) float64 { return float64(p.hedges) }},
	{"asked_again", func(p *point) float64 { return float64(p.asked) }},
	{"prompt_tokens", func(p *point) float64 { return float64(p.promptTokens) }},
	{"completion_tokens", func(p *point) float64 { return float64(p.completionTokens) }},
	{"usd", func(p *point) float64 { return p.usd }},
	{"in_flight", func(p *point) float64 { return p.inFlight }},
	{"waiting", func(p *point) float64 { return p.waiting }},
	{"concurrency", func(p *point) float64 { return float64(p.cap) }},
	{"requests_per_min", func(p *point) float64 { return p.requestLimit }},
	{"tokens_per_min", func(p *point) float64 { return p.tokenLimit }},
	{"usd_per_hour", func(p *point) float64 { return p.moneyPerHour }},
	{"ttft_count", func(p *point) float64 { return float64(p.firstToken.count) }},
	{"ttft_p50_ms", func(p *point) float64 { return milliseconds(p.firstToken.p50) }},
	{"ttft_p99_ms", func(p *point) float64 { return milliseconds(p.firstToken.p99) }},
	{"total_count", func(p *point) float64 { return float64(p.total.count) }},
	{"total_p50_ms", func(p *point) float64 { return milliseconds(p.total.p50) }},
	{"total_p99_ms", func(p *point) float64 { return milliseconds(p.total.p99) }},
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// appendPoints appends points as a JSON object of arrays, one for each figure
// that is anywhere other than 0. "limited_s" has an array for each bottleneck,
// in seconds, "causes" one for each code of failure, both by name.
func appendPoints(dst []byte, points []point) []byte {
	dst = append(dst, '{')
	list := list{dst: dst}
	for _, c := range columns {
		list.add(c, points)
	}
	list.group("limited_s", limitedColumns(points), points)
	list.group("causes", causeColumns(points), points)
	return append(list.dst, '}')
}

func limitedColumns(points []point) (cs []column) {
	var sum paceline.Limited
	for i := range sum {
		b := paceline.Bottleneck(i)
		cs = append(cs, column{cmp.Or(b.String(), "none"), func(p *point) float64 { return p.limited[b].Seconds() }})
	}
	return cs
}

func causeColumns(points []point) (cs []column) {
	var codes []paceline.Code
	for i := range points {
		for code := range points[i].causes {
			if !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	slices.Sort(codes)
	for _, code := range codes {
		cs = append(cs, column{code.String(), func(p *point) float64 { return float64(p.causes[code]) }})
	}
	return cs
}

// A list is a JSON object under construction.
type list struct{ dst []byte }

// name begins a field.
func (l *list) name(name string) {
	if last := l.dst[len(l.dst)-1]; last != '{' {
		l.dst = append(l.dst, ',')
	}
	l.dst = append(l.dst, '"')
	l.dst = append(append(l.dst, name...), '"', ':')
}

// value adds a field as it stands.
func (l *list) value(name string, value []byte) {
	l.name(name)
	l.dst = append(l.dst, value...)
}

// encoded adds a field that is to be encoded.
func (l *list) encoded(name string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a summary that is no JSON: the run makes it with the same package
	}
	l.value(name, b)
}

// group adds an object of columns.
func (l *list) group(name string, cs []column, points []point) {
	l.name(name)
	l.dst = append(l.dst, '{')
	for _, c := range cs {
		l.add(c, points)
	}
	l.dst = append(l.dst, '}')
}

// add adds the array of a column, unless all of it is 0.
func (l *list) add(c column, points []point) {
	if !c.anywhere(points) {
		return
	}
	l.name(c.name)
	l.dst = append(l.dst, '[')
	for i := range points {
		if i > 0 {
			l.dst = append(l.dst, ',')
		}
		l.dst = appendNumber(l.dst, c.of(&points[i]))
	}
	l.dst = append(l.dst, ']')
}

// anywhere reports whether a point has the figure.
func (c column) anywhere(points []point) bool {
	for i := range points {
		if c.of(&points[i]) != 0 {
			return true
		}
	}
	return false
}

// appendNumber appends v to a millionth, which is exact for whole numbers.
func appendNumber(dst []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	return strconv.AppendFloat(dst, math.Round(v*1e6)/1e6, 'f', -1, 64)
}
