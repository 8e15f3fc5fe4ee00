package failures

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// told lists failures as lines.
func told(list []Failure) (text string) {
	for _, f := range list {
		text += fmt.Sprintf("%d %s %d: %s\n", f.Count, f.Code, f.Status, f.Words)
	}
	return text
}

func TestFailuresAreToldOnceEach(t *testing.T) {
	var l List
	event := func(kind paceline.EventKind, attempt int, code paceline.Code, message string) {
		l.Observe(&paceline.Event{Kind: kind, Time: time.Unix(int64(attempt), 0), Attempt: attempt, Err: &paceline.Error{Code: code, Message: message}})
	}
	event(paceline.EventEnd, 1, paceline.CodeConnection, "read tcp 127.0.0.1:48738->127.0.0.1:80: reset")
	event(paceline.EventEnd, 2, paceline.CodeConnection, "read tcp 127.0.0.1:50001->127.0.0.1:80:\n reset")
	event(paceline.EventEnd, 3, paceline.CodeServer, "request req_8f3a2 failed")
	event(paceline.EventEnd, 4, paceline.CodeServer, "request req_77b failed")
	event(paceline.EventEnd, 5, paceline.CodeOutrun, "another was quicker")
	event(paceline.EventEnd, 6, paceline.CodeCanceled, "shut down")
	event(paceline.EventLater, 7, paceline.CodeThrottled, "told as the end of its attempt too")
	event(paceline.EventItem, 8, paceline.CodeServer, "told as the end of its attempt too")
	event(paceline.EventItem, 9, paceline.CodeInvalidAnswer, "not one of the labels")
	event(paceline.EventItem, 0, paceline.CodeBadItem, "no field text")
	l.Observe(&paceline.Event{Kind: paceline.EventEnd})
	list, counted := l.Recent(10)
	want := "1 invalid_answer 0: not one of the labels\n2 server_error 0: request req_77b failed\n" +
		"2 connection 0: read tcp 127.0.0.1:50001->127.0.0.1:80: reset\n1 bad_item 0: no field text\n"
	if got := told(list); got != want || counted != 6 {
		t.Errorf("%d in all,\n%swant\n%s", counted, got, want)
	}
	if list, again := l.Recent(2); len(list) != 2 || again != counted {
		t.Errorf("of two %d are told; nothing happened, and %d became %d", len(list), counted, again)
	}
}

// A server that says something else each time costs no memory that grows, and the
// kinds that still come are not forgotten.
func TestFailuresAreBounded(t *testing.T) {
	var l List
	at := func(i int) time.Time { return time.Unix(int64(i), 0) }
	for i := range 10_000 {
		word := strings.Repeat(string(rune('a'+i%26)), 1+i/26)
		l.Observe(&paceline.Event{Kind: paceline.EventEnd, Time: at(i), Err: &paceline.Error{Code: paceline.CodeServer, Message: word}})
		l.Observe(&paceline.Event{Kind: paceline.EventEnd, Time: at(i), Err: &paceline.Error{Code: paceline.CodeServer, Status: 500,
			Err: errors.New(strings.Repeat("é", 500) + word)}})
	}
	list, counted := l.Recent(1000)
	if len(l.seen) > kept || len(list) != kept || counted != 20_000 {
		t.Errorf("%d are kept and %d told of %d", len(l.seen), len(list), counted)
	}
	if list[0].Count != 10_000 || len(list[0].Words) > wordsKept || !strings.HasSuffix(list[0].Words, "é…") {
		t.Errorf("the one that came each time: %+v", list[0])
	}
}

func TestGistLeavesOutWhatVaries(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "",
		"Überlastet, später":                  "Überlastet, später",
		"try again in 0.52s":                  "try again in #",
		"try again in 3s, at 10:30:05.":       "try again in #, at #.",
		"Limit 60,000, used 1.5e3":            "Limit #, used #",
		"org-x7f request req_8f3a2: bad":      "# request #: bad",
		"[::1]:8080: refused":                 "[::#]:#: refused",
		"12":                                  "#",
		"127.0.0.1:1->10.0.0.2:65535 timeout": "#># timeout",
		"modèle gpt-4o-mini":                  "modèle #",
	} {
		if got := Gist(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if again := Gist(Gist(text)); again != want {
			t.Errorf("%q is not its own gist: %q", want, again)
		}
	}
}

func BenchmarkGist(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Gist("Rate limit reached for gpt-4o in organization org-x7f on tokens per min (TPM): Limit 60000. Please try again in 520ms.")
	}
}
