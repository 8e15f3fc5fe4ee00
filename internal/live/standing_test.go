package live

import (
	"strings"
	"testing"
)

func blockOf(widths ...int) (lines []line) {
	for _, width := range widths {
		var ln line
		ln.add(stylePlain, strings.Repeat("x", width))
		ln.add(styleBold, "   ") // is not written, and wraps nowhere
		lines = append(lines, ln)
	}
	return lines
}

// A terminal that became narrower has wrapped the lines, which take more rows than
// were drawn.
func TestABlockOnANarrowerTerminal(t *testing.T) {
	var s standing
	s.draw(blockOf(79, 40, 41, 0), 80, 24)
	if got := s.home(40, 24); got != "\r\x1b[6A" {
		t.Errorf("%q; four lines of 79, 40, 41 and 0 columns take 2+1+2+1 rows", got)
	}
	if got := s.home(120, 24); got != "\r\x1b[4A" {
		t.Errorf("%q in a wider terminal, where the four lines are four rows", got)
	}
}

// What a lower terminal moved out at the top comes back as it grows, and is drawn
// over; no more than that, since what stands above is not ours.
func TestABlockOnALowerTerminal(t *testing.T) {
	var s standing
	ten := blockOf(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	for _, step := range []struct {
		rows, lines int // the terminal's, and those drawn next
		want        string
	}{
		{24, 10, "\r"},
		{8, 7, "\r\x1b[10A"}, // three rows of ten and the cursor's have no place
		{10, 9, "\r\x1b[9A"}, // of which two come back
		{24, 10, "\r\x1b[10A"},
		{30, 10, "\r\x1b[10A"},
	} {
		if got := s.home(80, step.rows); got != step.want {
			t.Errorf("at %d rows %q, want %q", step.rows, got, step.want)
		}
		s.draw(ten[:step.lines], 80, step.rows)
	}
}

func TestALineIsCutBetweenWords(t *testing.T) {
	var l line
	l.add(stylePlain, " ")
	l.add(styleCyan, "limited by")
	l.add(stylePlain, " requests: 98 %")
	for n, want := range map[int]string{30: " limited by requests: 98 %", 25: " limited by requests: 98", 24: " limited by requests: 98",
		23: " limited by requests:", 21: " limited by requests:", 20: " limited by", 11: " limited by", 5: " limi", 0: ""} {
		if got := l.cut(n).text(false); got != want {
			t.Errorf("in %d columns %q, want %q", n, got, want)
		}
	}
}
