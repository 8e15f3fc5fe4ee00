package live

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// failing is the event of an attempt that failed at a second.
func failing(second int, e paceline.Error) *paceline.Event {
	return &paceline.Event{Kind: paceline.EventEnd, Time: time.Unix(0, 0).Add(time.Duration(second) * time.Second), Attempt: 1, Err: &e}
}

// seen lists what is in view as lines.
func seen(l *errorList) (text string) {
	for _, e := range l.list() {
		text += fmt.Sprintf("%d %s: %s\n", e.Count, e.name(), e.Words)
	}
	return text
}

func TestEachErrorStandsOnceWithItsCount(t *testing.T) {
	var l errorList
	for i := range 5 {
		l.Observe(failing(i, paceline.Error{Code: paceline.CodeThrottled, Status: 429,
			Message: fmt.Sprintf("Rate limit reached in organization org-x%d\nPlease try again in %dms.", i, 100*i)}))
		l.Observe(failing(i, paceline.Error{Code: paceline.CodeServer, Status: 500 + i%2, Message: "oops"}))
	}
	l.Observe(failing(9, paceline.Error{Code: paceline.CodeConnection, Err: errors.New("connection reset by peer")}))
	want := "5 throttled 429: Rate limit reached in organization org-x4 Please try again in 400ms.\n" +
		"3 server_error 500: oops\n2 server_error 501: oops\n1 connection: connection reset by peer\n"
	if got := seen(&l); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestWhatIsNoErrorIsNotListed(t *testing.T) {
	var l errorList
	l.Observe(failing(0, paceline.Error{Code: paceline.CodeOutrun}))
	l.Observe(failing(0, paceline.Error{Code: paceline.CodeCanceled}))
	l.Observe(&paceline.Event{Kind: paceline.EventEnd})
	again := failing(0, paceline.Error{Code: paceline.CodeServer})
	again.Kind = paceline.EventItem // the attempt's end has told it
	l.Observe(again)
	if got := seen(&l); got != "" {
		t.Errorf("got %s", got)
	}
	l.Observe(&paceline.Event{Kind: paceline.EventItem, Err: &paceline.Error{Code: paceline.CodeBadItem, Message: "line 3: no JSON"}})
	if got := seen(&l); got != "1 bad_item: line 3: no JSON\n" {
		t.Errorf("of an item that was never sent: %s", got)
	}
}

// A new error takes the place of the one that was not seen for longest; the
// others stay where they are, and one that comes back goes on counting.
func TestErrorsKeepTheirPlaces(t *testing.T) {
	var l errorList
	of := func(i int) paceline.Error {
		return paceline.Error{Code: paceline.CodeServer, Message: string(rune('a' + i))}
	}
	for i := range errorsShown {
		l.Observe(failing(i, of(i)))
	}
	l.list()
	l.Observe(failing(10, of(0)))
	l.Observe(failing(11, of(20)))
	want := "2 server_error: a\n1 server_error: u\n1 server_error: c\n1 server_error: d\n"
	if got := seen(&l); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	l.Observe(failing(12, of(1)))
	if got := seen(&l); !strings.Contains(got, "2 server_error: b\n") || strings.Contains(got, ": c\n") {
		t.Errorf("got\n%s", got)
	}
}

// TestFault68ErrorsDoNotActOnTheTerminal lets a server say what a terminal would
// act upon, and what takes more columns than characters.
func TestFault68ErrorsDoNotActOnTheTerminal(t *testing.T) {
	s := midRun()
	var l errorList
	for i, words := range []string{"\x1b[2J\x1b]0;owned\a gone", "a\r\nb\tc", "\u202egnp.exe", strings.Repeat("模型过载", 40)} {
		l.Observe(failing(i, paceline.Error{Code: paceline.CodeServer, Status: 500 + i, Message: words}))
	}
	s.Errors = l.list()
	for _, ascii := range []bool{false, true} {
		for columns := 20; columns < 200; columns++ {
			for _, l := range drawBlock(s, columns, 40, ascii) {
				text := l.text(false)
				if tamed.Text(text) != text || strings.ContainsAny(text, "\n\t") {
					t.Fatalf("%q acts on the terminal", text)
				}
				if w := columnsOf(text); w >= columns {
					t.Fatalf("%d columns: %q takes %d", columns, text, w)
				}
			}
		}
	}
	if got := blockText(s, 120, 40, false); !strings.Contains(got, "    1× server_error 503     模型过载") || !strings.Contains(got, "…\n") {
		t.Errorf("got\n%s", got)
	}
}
