package live

import "strconv"

// A standing is the block as it stands on the terminal.
type standing struct {
	lines   []line
	columns int // the terminal's when it was drawn
	rows    int // likewise
}

// draw notes that lines stand on a terminal of that size.
func (s *standing) draw(lines []line, columns, rows int) {
	s.lines, s.columns, s.rows = lines, columns, rows
}

// home returns the sequence that takes the cursor, below the block, to the first row
// of it on a terminal that has so many columns by now. One that became narrower has
// wrapped the lines, which take more rows. Where it became lower, too, the cursor
// stops at the top: what was moved out there is out of reach.
func (s *standing) home(columns int) string {
	up := 0
	for _, ln := range s.lines {
		up++
		if columns < s.columns && columns > 0 {
			up += max(ln.textWidth()-1, 0) / columns
		}
	}
	if up == 0 {
		return "\r"
	}
	return "\r\x1b[" + strconv.Itoa(up) + "A"
}

// fitting returns the lines as they fit a terminal that has that size by now.
func (s *standing) fitting(columns, rows int) []line {
	if columns >= s.columns && rows >= s.rows {
		return s.lines
	}
	lines := make([]line, 0, len(s.lines))
	for _, ln := range s.lines[:min(len(s.lines), max(rows-1, 1))] {
		lines = append(lines, ln.cut(columns-1))
	}
	return lines
}
