package dash

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// What the policy would not let run, or would let a text of a server act.
var forbidden = regexp.MustCompile(`(?i)innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\sstyle=|\son[a-z]+=|javascript:|https?://[^w]|@import|\burl\(|<script>|<style`)

func TestThePageNeedsNothingThatItsPolicyForbids(t *testing.T) {
	for name, body := range New().pageParts() {
		if strings.HasPrefix(name, "chart.") {
			continue // those of package chart are held by its own tests
		}
		if found := forbidden.FindString(string(body)); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

func TestEveryPartOfThePageIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, loopback)
		defer b.close()
		resp, page := b.ask(b.request(http.MethodGet, "/", ""))
		if kind := resp.Header.Get("Content-Type"); kind != "text/html; charset=utf-8" || !strings.Contains(page, `<meta name="csrf" content="`+b.page.csrf+`">`) {
			t.Fatalf("the page is %s:\n%s", kind, page)
		}
		parts := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1)
		if len(parts) < 8 {
			t.Errorf("the page has only %d parts", len(parts))
		}
		for _, part := range parts {
			resp, body := b.ask(b.request(http.MethodGet, "/"+part[1], ""))
			if resp.StatusCode != 200 || resp.Header.Get("Content-Type") == "" || body == "" {
				t.Errorf("%s: %s", part[1], resp.Status)
			}
		}
	})
}

func TestStateIsWhatTheFeedTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, loopback)
		defer b.close()
		b.page.Observe(&paceline.Event{Kind: paceline.EventEnd, Time: time.Now(), Index: 3,
			Err: &paceline.Error{Code: paceline.CodeServer, Status: 500, Message: "it broke"}})
		b.page.Finished(&paceline.Result{Item: paceline.Item{Index: 7, Raw: []byte(`{"a":1}`)}})
		time.Sleep(time.Second + time.Millisecond)
		_, text := b.ask(b.request(http.MethodGet, "/state", ""))
		var state struct {
			Run, CSRF string
			Status    struct{ Done int }
			Stats     map[string]json.RawMessage
			Failures  []failure
			Samples   []sample
			Ended     bool
		}
		if err := json.Unmarshal([]byte(text), &state); err != nil {
			t.Fatal(err)
		}
		if state.Run != b.page.id || state.CSRF != b.page.csrf || state.Status.Done != 10 || state.Ended || len(state.Stats) == 0 ||
			len(state.Failures) != 1 || state.Failures[0].Message != "it broke" || len(state.Samples) != 1 || state.Samples[0].Item != 7 {
			t.Errorf("%s", text)
		}
	})
}

func TestSamplesAreFewAndRecent(t *testing.T) {
	var s samples
	now := time.Unix(1000, 0)
	long := &paceline.Result{Item: paceline.Item{Raw: []byte(strings.Repeat("é", 10_000))}, Response: &paceline.Response{
		Choices: []paceline.Choice{{Content: []byte(`"</script>\u001b[31m"`)}}}}
	for i := range 10_000 {
		long.Item.Index = int64(i)
		s.add(long, now.Add(time.Duration(i)*time.Millisecond))
	}
	list, last := s.since(0)
	if len(list) != 40 || last != 40 || len(list[0].Input) > longestSample+3 || list[39].Answer != "</script>\x1b[31m" {
		t.Errorf("%d samples, the last is %d: %+v", len(list), last, list[len(list)-1])
	}
	// One that failed is not hidden by those that were done a moment ago.
	s.add(&paceline.Result{Status: paceline.StatusFailed, Err: &paceline.Error{Code: paceline.CodeServer}}, now.Add(10*time.Second))
	s.add(&paceline.Result{Status: paceline.StatusFailed, Err: &paceline.Error{Code: paceline.CodeServer}}, now.Add(10*time.Second))
	if list, last := s.since(last); len(list) != 1 || list[0].Status != "failed" || list[0].Error != "server_error" || last != 41 {
		t.Errorf("then %+v, %d", list, last)
	}
}

func BenchmarkFinished(b *testing.B) {
	d := New()
	r := &paceline.Result{Item: paceline.Item{Raw: []byte(`{"text":"a"}`)}, Response: &paceline.Response{Choices: []paceline.Choice{{Content: []byte(`"b"`)}}}}
	b.ReportAllocs()
	for b.Loop() {
		d.Finished(r)
	}
}
