package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestReviews(t *testing.T) {
	lines := bytes.Split(bytes.TrimSuffix(Reviews, []byte("\n")), []byte("\n"))
	if len(lines) != Count {
		t.Fatalf("%d reviews, want %d", len(lines), Count)
	}
	seen := make(map[string]string, Count)
	stars := make(map[int]int)
	for i, line := range lines {
		var r struct {
			ID, Product, Text string
			Stars             int
		}
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&r); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if want := fmt.Sprintf("r%04d", i+1); r.ID != want {
			t.Errorf("line %d has the id %q, want %q", i+1, r.ID, want)
		}
		if r.Product == "" || strings.TrimSpace(r.Text) != r.Text || r.Text == "" {
			t.Errorf("%s: product %q, text %q: empty or with blanks around it", r.ID, r.Product, r.Text)
		}
		if utf8.RuneCountInString(r.Text) > 500 {
			t.Errorf("%s: %d characters; they are to be short", r.ID, utf8.RuneCountInString(r.Text))
		}
		if strings.ContainsAny(r.Text, "{}|") {
			t.Errorf("%s: %q is not what a person writes", r.ID, r.Text)
		}
		if other, ok := seen[strings.ToLower(r.Text)]; ok {
			t.Errorf("%s and %s have the same text", r.ID, other)
		}
		seen[strings.ToLower(r.Text)] = r.ID
		stars[r.Stars]++
	}
	for n := 1; n <= 5; n++ {
		if stars[n] < Count/20 {
			t.Errorf("%d reviews have %d stars: too few to be lifelike", stars[n], n)
		}
	}
}

func TestReviewsStaySmall(t *testing.T) {
	if len(Reviews) > 400_000 {
		t.Errorf("%d bytes; every binary carries them, at most 400,000", len(Reviews))
	}
}
