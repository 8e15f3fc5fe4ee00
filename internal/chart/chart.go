package chart

import (
	"math"
	"strconv"
)

// Data is what a page shows, by the name of its place.
type Data struct {
	Charts map[string]*Chart `json:"charts"`
	Tables map[string]*Table `json:"tables"`
}

// A Kind says what the horizontal axis of a chart is.
type Kind string

// The kinds of charts.
const (
	Time      Kind = "time"      // X are seconds, each with a value of every series
	Histogram Kind = "histogram" // X are edges of buckets, one more than there are values
)

// A Unit says how values are written.
type Unit string

// The units. Rates are shown as they are given: a chart has one unit.
const (
	Count     Unit = "count"   // a number
	PerSecond Unit = "per_s"   // a number a second
	PerMinute Unit = "per_min" // a number a minute
	Seconds   Unit = "s"       // a duration in seconds, shown as ms, s, min or h
	USD       Unit = "usd"     // US dollars
	Share     Unit = "share"   // 0 to 1, shown as per cent
	Bytes     Unit = "bytes"
)

// A Chart is one picture.
type Chart struct {
	Kind   Kind     `json:"kind"`
	Unit   Unit     `json:"unit"`             // of the vertical axis; for a histogram, of X
	X      Values   `json:"x"`                // rising
	Series []Series `json:"series"`           // drawn in this order, later ones on top; stacked ones from the bottom up
	Log    bool     `json:"log,omitempty"`    // the vertical axis is logarithmic. The horizontal one of a histogram is always
	Max    float64  `json:"max,omitempty"`    // of the vertical axis, at least; 0: by the values
	Height int      `json:"height,omitempty"` // in CSS pixels; 0: 180
	Label  string   `json:"label"`            // what it shows, for those who cannot see it

	// Clock says that X are seconds since 1970, shown as the time of day where
	// the reader is. Else X are seconds since the beginning.
	Clock bool `json:"clock,omitempty"`
	// Pieces say when a time axis without Clock was really: from X on, until the
	// next piece, the time was At (seconds since 1970) and what went by since.
	Pieces []Piece `json:"pieces,omitempty"`
	// Breaks are parts of a time axis in which nothing went on.
	Breaks []Break `json:"breaks,omitempty"`
	// Marks are vertical lines with a word.
	Marks []Mark `json:"marks,omitempty"`
}

// A Look says how a series is drawn.
type Look string

// The looks. Series of a histogram are bars whatever their look.
const (
	Line    Look = "line"
	Area    Look = "area"    // a line, filled to the axis
	Step    Look = "step"    // each value holds until the next
	Dashed  Look = "dashed"  // a step that is no measurement: a limit
	Stacked Look = "stacked" // filled from the sum of the ones before it; each value holds until the next
	Dots    Look = "dots"
	Band    Look = "band" // a line, filled down to the series before it
)

// A Series is one row of values of a chart.
type Series struct {
	Name string `json:"name"` // shown in the legend
	Look Look   `json:"look"`
	Tone string `json:"tone"`
	Y    Values `json:"y"`
}

// A Piece is when a part of a time axis really was.
type Piece struct {
	X  float64 `json:"x"`
	At float64 `json:"at"`
}

// A Break is a part of a time axis in which nothing went on.
type Break struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
	Text string  `json:"text"`
}

// A Mark is a place on the horizontal axis.
type Mark struct {
	X    float64 `json:"x"`
	Text string  `json:"text"`
	Tone string  `json:"tone,omitempty"` // "": muted
}

// Values are numbers; those that are not finite are null in JSON. The others
// are written with six significant digits, if they need no more to tell whole
// seconds since 1970 apart: a picture shows no more, and a page is mailed.
type Values []float64

// Missing is the value where there is none.
func Missing() float64 { return math.NaN() }

// MarshalJSON writes the values as an array.
func (v Values) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 6*len(v)+2)
	b = append(b, '[')
	for i, n := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, n)
	}
	return append(b, ']'), nil
}

func appendValue(b []byte, n float64) []byte {
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return append(b, "null"...)
	case math.Abs(n) >= 1e6 && math.Abs(n) < 1e15:
		return strconv.AppendFloat(b, math.Round(n*1000)/1000, 'f', -1, 64)
	case n == math.Trunc(n) && math.Abs(n) < 1e6:
		return strconv.AppendInt(b, int64(n), 10)
	}
	return strconv.AppendFloat(b, n, 'g', 6, 64)
}
