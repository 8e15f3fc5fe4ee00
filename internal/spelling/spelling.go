// Package spelling guesses what was meant by a word that nobody knows.
package spelling

import (
	"strings"
	"unicode/utf8"
)

// Nearest returns the name that differs from word in the fewest letters,
// whatever their case, or "" when none is near enough to be meant: one letter
// in three may be wrong, and one more.
func Nearest(word string, names []string) string {
	best, limit := "", 1+utf8.RuneCountInString(word)/3
	for _, name := range names {
		if d := distance(strings.ToLower(word), strings.ToLower(name)); d <= limit {
			best, limit = name, d-1
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace that turn a into
// b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
