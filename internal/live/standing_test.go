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
	if got := s.home(40); got != "\r\x1b[6A" {
		t.Errorf("%q; four lines of 79, 40, 41 and 0 columns take 2+1+2+1 rows", got)
	}
	if got := s.home(120); got != "\r\x1b[4A" {
		t.Errorf("%q in a wider terminal, where the four lines are four rows", got)
	}
}

// Lines that are written above a block on a terminal that has shrunk are followed by
// what of the block still fits.
func TestABlockIsCutToASmallerTerminal(t *testing.T) {
	var s standing
	s.draw(blockOf(79, 40, 5, 5, 5), 80, 24)
	if got := s.fitting(80, 24); len(got) != 5 || got[0].textWidth() != 79 {
		t.Errorf("in the same terminal it is %v", got)
	}
	got := s.fitting(40, 4)
	if len(got) != 3 {
		t.Fatalf("in 4 rows it has %d", len(got))
	}
	for _, ln := range got {
		if ln.textWidth() >= 40 {
			t.Errorf("%v is as wide as the terminal", ln)
		}
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
