package dash

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	long := &paceline.Result{Item: paceline.Item{Raw: []byte(strings.Repeat("é", 10_000))}, Response: &paceline.Response{
		Choices: []paceline.Choice{{Content: []byte(`"</script>\u001b[31m"`)}}}}
	for i := range 10_000 { // a look at each hundredth
		if i%100 == 0 {
			s.next()
		}
		long.Item.Index = int64(i)
		s.add(long)
	}
	list, last := s.since(0)
	if len(list) != 40 || last != 100 || list[39].Item != 9900 || len(list[0].Input) > longestSample+3 || list[39].Answer != "</script>\x1b[31m" {
		t.Errorf("%d samples, the last is %d: %+v", len(list), last, list[len(list)-1])
	}
	// One that failed is not hidden by those that were done a moment ago.
	s.add(&paceline.Result{Status: paceline.StatusFailed, Err: &paceline.Error{Code: paceline.CodeServer}})
	s.add(&paceline.Result{Status: paceline.StatusFailed, Err: &paceline.Error{Code: paceline.CodeServer}})
	if list, last := s.since(last); len(list) != 1 || list[0].Status != "failed" || list[0].Error != "server_error" || last != 101 {
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

// BenchmarkLook is what the page adds to a look at the run, twice a second, with a
// reader: what has changed, as one event for all who read.
func BenchmarkLook(b *testing.B) {
	c := newCourse("ID", Facts{}, &sources{}, time.Unix(0, 0))
	r, _ := c.join("", 0)
	status := `{"output":"out.jsonl","model":"m","items":1000000,"done":%d,"failed":0,"invalid":0,"truncated":0,"filtered":0,"refused":0,"asked_again":0,"resumed":0,"items_per_s":%d,"eta_s":17.5,"elapsed_s":%d,"in_flight":64,"waiting":800,"requests":%d,"retries":0,"throttled":0,"hedges":0,"prompt_tokens":%d,"completion_tokens":%d,"cost_usd":null,"paused":false,"paused_for_s":0,"limited_by":"requests","now":"waiting for the limit on requests","in_force":{"requests_per_min":600000,"found_out":false,"tokens_per_min":null,"usd_per_hour":null,"concurrency":64},"models":[{"endpoint":"1","model":"m","requests_per_min":600000,"found_out":false,"tokens_per_min":null,"usd_per_hour":null,"concurrency":null,"in_flight":64,"paused_for_s":0}],"endpoints":[{"name":"1","state":"up","host":"localhost","rpm":600000,"rps":null,"tpm":null,"usd_per_hour":null,"concurrency":64,"window":"bucket","models":[]}]}`
	b.ReportAllocs()
	for i := 1; b.Loop(); i++ {
		st := paceline.Stats{Requests: int64(i), Done: int64(i), FirstToken: paceline.Latency{Count: int64(i), P50: time.Duration(i)}}
		st.Limited[paceline.BottleneckRequests] = time.Duration(i) * time.Second
		var ends *latencies
		if i%2 == 0 {
			ends = &latencies{quantiles{1, 2, 3}, quantiles{1, 2, 3}}
		}
		c.look(&st, fmt.Appendf(nil, status, i, i, i, i, i, i), ends, time.Unix(int64(i), 0))
		<-r.frames
	}
}

// TestAMessageIsWhatTheUsualEncoderMakes holds for messages with all and with none
// of their fields.
func TestAMessageIsWhatTheUsualEncoderMakes(t *testing.T) {
	whole := message{
		Run: "a<b", Reset: true, Status: readObject([]byte(`{"done":1,"in_force":{"x":null},"now":"a \"b\" \\u2028"}` + "\n")),
		Stats: object{"ttft_ms": []byte(`{"p50":1}`), "advice": []byte(`""`)}, Points: []byte(`{"at":[1]}`),
		Failures: []failure{{Message: "</script>"}}, Samples: []sample{{Item: 7}}, Ended: true, Summary: []byte("{\n \"a\": 1\n}"),
	}
	if len(whole.Status) != 3 {
		t.Fatalf("read %d fields of 3", len(whole.Status))
	}
	for _, m := range []message{whole, {}} {
		want, err := json.Marshal(&m)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.append(nil); !bytes.Equal(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, bad := range []string{"", "null", `{"a":1`, `{"a":1}x`, "[1]"} {
		if o := readObject([]byte(bad)); o != nil {
			t.Errorf("%q is an object: %v", bad, o)
		}
	}
}
