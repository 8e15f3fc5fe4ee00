package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/advice"
	"github.com/seed-1814a72b/paceline/journal"
)

var update = flag.Bool("update", false, "write testdata anew")

// written is a past run and its report.
func written(t *testing.T, p *past, o Options) (*Report, string) {
	t.Helper()
	output := p.write(t, t.TempDir(), 0, p.items)
	return reread(t, output, p, o), output
}

func reread(t testing.TB, output string, p *past, o Options) *Report {
	t.Helper()
	o.Now, o.About = time.Now().UTC(), p.about
	r, err := Read(output, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func page(t testing.TB, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Page(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFiguresAreThoseOfTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &past{items: 3000, rate: 50}
		r, _ := written(t, p, Options{})
		if r.Items.Done != p.answered || r.Items.Failed != p.failed || r.Items.Invalid != p.invalid || *r.Items.Total != 3000 {
			t.Errorf("items %+v, want %d answered, %d failed, %d invalid", r.Items, p.answered, p.failed, p.invalid)
		}
		if r.Requests.Sent != p.requests || r.Requests.Throttled != p.throttled || r.Requests.Open != 0 {
			t.Errorf("requests %+v, want %d and %d throttled", r.Requests, p.requests, p.throttled)
		}
		if *r.PromptTokens != p.prompt || *r.CompletionTokens != p.completion || math.Abs(*r.CostUSD-float64(p.cost)/1e9) > 1e-9 {
			t.Errorf("tokens %d and %d, cost %v; want %d, %d, %d nanos", *r.PromptTokens, *r.CompletionTokens, *r.CostUSD, p.prompt, p.completion, p.cost)
		}
		if r.Answered.Requests != p.answered || r.Answered.Requests+r.Waste.Requests != p.requests {
			t.Errorf("answered %d, wasted %d of %d", r.Answered.Requests, r.Waste.Requests, p.requests)
		}
		if got := *r.Slowest[0].TookS; math.Abs(got-float64(p.slowest)/1e9) > 1e-6 {
			t.Errorf("the slowest took %v s, want %v", got, time.Duration(p.slowest))
		}
		if r.State != Finished || len(r.Missing) != 0 || len(r.Sessions) != 1 {
			t.Errorf("state %s, missing %q, %d sessions", r.State, r.Missing, len(r.Sessions))
		}
	})
}

// The series are the run cut into steps: together they are the whole again.
func TestSeriesAddUpToTheWhole(t *testing.T) {
	for _, older := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := &past{items: 2000, rate: 40, older: older}
			r, _ := written(t, p, Options{})
			s := &r.Series
			sum := func(l Line) (sum float64) {
				for i, v := range l {
					to := r.RunningS
					if i+1 < len(s.X) {
						to = s.X[i+1]
					}
					sum += v * (to - s.X[i]) / 60
				}
				return sum
			}
			near := func(what string, got float64, want int64) {
				if math.Abs(got-float64(want)) > 0.01*float64(want)+1 {
					t.Errorf("older %v: the %s of the steps are %v, want %d", older, what, got, want)
				}
			}
			near("items", sum(s.Done), p.answered)
			if !older {
				near("requests", sum(s.Requests), p.requests)
			}
			if !older {
				near("tokens", sum(s.Prompt), p.prompt)
			}
			wasted := 0.0
			for _, l := range s.Wasted {
				wasted += sum(l)
			}
			if !older {
				near("wasted requests", wasted, r.Waste.Requests)
			}
			if got, want := s.Cost[len(s.Cost)-1]*1e9, float64(p.cost); math.Abs(got-want) > 0.01*want {
				t.Errorf("older %v: in the end %v nanos are spent, want %v", older, got, want)
			}
			if n := len(s.X); n > mostSteps || n < 20 {
				t.Errorf("%d steps", n)
			}
		})
	}
}

func TestSharesOfWhatLimitedItAreWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := written(t, &past{items: 2000, rate: 40}, Options{})
		sum, seconds := 0.0, 0.0
		for _, s := range r.LimitedBy {
			sum, seconds = sum+s.Share, seconds+s.Seconds
		}
		if math.Abs(sum-1) > 1e-9 || r.LimitedBy[0].By != "requests" {
			t.Errorf("%+v: together %v", r.LimitedBy, sum)
		}
		if math.Abs(seconds-math.Floor(r.RunningS)) > 1 {
			t.Errorf("together %v s of a run of %v s", seconds, r.RunningS)
		}
		for i := range r.Series.X {
			whole := 0.0
			for _, l := range r.Series.Limited {
				whole += l[i]
			}
			if math.Abs(whole-1) > 1e-9 && whole == whole {
				t.Fatalf("step %d: shares of %v", i, whole)
			}
		}
		if len(r.Advice) != 1 || !strings.Contains(r.Advice[0], "ask for a higher limit") {
			t.Errorf("advice %q", r.Advice)
		}
	})
}

func TestHistoryOfAnItemIsEachOfItsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := written(t, &past{items: 2000, rate: 40}, Options{})
		if len(r.Failed) == 0 || int64(len(r.Failed)) != r.Items.notDone() {
			t.Fatalf("%d failed items are shown, of %d", len(r.Failed), r.Items.notDone())
		}
		for _, list := range [][]Item{r.Failed, r.Slowest, r.Dearest, r.Sample} {
			for _, it := range list {
				if int64(len(it.History)+it.Omitted) != it.Requests {
					t.Errorf("item %d: %d requests, %d in its history", it.Index, it.Requests, len(it.History))
				}
				last := it.History[len(it.History)-1]
				if (last.Outcome == "answered") != (it.Status == "done") || last.RequestID == "" && last.HTTP != 0 {
					t.Errorf("item %d is %s, its last request %+v", it.Index, it.Status, last)
				}
				if it.ID == "" || it.Item == "" || it.Status == "done" && it.Answer == "" {
					t.Errorf("item %d: id %q, item %q, answer %q", it.Index, it.ID, it.Item, it.Answer)
				}
			}
		}
	})
}

func TestSessionsArePartedByTheirGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &past{items: 1000, rate: 20}
		dir := t.TempDir()
		p.write(t, dir, 0, 400)
		time.Sleep(26 * time.Hour)
		r := reread(t, p.write(t, dir, 400, 1000), p, Options{})
		if len(r.Sessions) != 2 || r.Sessions[0].Rows != 400 || r.Sessions[1].Rows != 600 {
			t.Fatalf("%+v", r.Sessions)
		}
		if r.RunningS > 120 || r.RunningS < 50 {
			t.Errorf("it ran for %v s; the night does not count", r.RunningS)
		}
		c := r.charts()["requests"]
		if len(c.Breaks) != 1 || !strings.HasSuffix(c.Breaks[0].Text, " later") || len(c.Pieces) != 2 {
			t.Errorf("breaks %+v, pieces %+v", c.Breaks, c.Pieces)
		}
		for i, x := range c.X {
			if i > 0 && x < c.X[i-1] {
				t.Fatalf("x falls at %d", i)
			}
			if b := c.Breaks[0]; x > b.From && x < b.To {
				t.Errorf("something is drawn in the break, at %v", x)
			}
		}
	})
}

func TestAnOlderJournalSaysWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := written(t, &past{items: 1000, rate: 40, older: true}, Options{})
		if len(r.LimitedBy) != 0 || r.Requests.Retries != nil || r.Series.RequestLimit != nil {
			t.Errorf("limits made up: %+v", r.LimitedBy)
		}
		if len(r.Missing) != 2 {
			t.Errorf("missing: %q", r.Missing)
		}
		text := page(t, r)
		if !strings.Contains(text, "was not noted") || strings.Contains(text, "What limited it") {
			t.Error("the page does not say what is missing")
		}
		if r.FirstToken.Count == 0 || r.charts()["spread"] == nil || r.charts()["inflight"] == nil {
			t.Error("what the entries tell is not shown")
		}
	})
}

// A run that was killed leaves its journal cut anywhere.
func TestAKilledRunIsReportedWhereverItsJournalEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &past{items: 60, rate: 10}
		output := p.write(t, t.TempDir(), 0, 60)
		held, err := os.ReadFile(filepath.Join(journal.Dir(output), "journal"))
		if err != nil {
			t.Fatal(err)
		}
		rows := int64(-1)
		for cut := len(held); cut > 0; cut -= 1 + cut/60 {
			r, err := readCut(t, output, held[:cut], p)
			if err != nil {
				if e, ok := errors.AsType[*journal.Error](err); !ok || cut > 60 {
					t.Fatalf("cut at %d: %v %v", cut, e, err)
				}
				continue
			}
			if n := r.Items.ended(); rows >= 0 && n > rows {
				t.Fatalf("cut at %d: %d rows, and %d before", cut, n, rows)
			} else {
				rows = n
			}
			if r.Requests.Sent != r.Answered.Requests+r.Waste.Requests {
				t.Errorf("cut at %d: %d sent, %d accounted for", cut, r.Requests.Sent, r.Answered.Requests+r.Waste.Requests)
			}
			if state := r.State; (state == Finished) != (rows == 60) || rows < 60 && state != Killed {
				t.Errorf("cut at %d: %d rows, %s", cut, rows, state)
			}
			page(t, r)
			_ = r.Markdown()
		}
		if rows > 2 {
			t.Errorf("%d rows in what is left at last", rows)
		}
	})
}

func readCut(t *testing.T, output string, held []byte, p *past) (*Report, error) {
	t.Helper()
	rows, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "labels.jsonl")
	if err := errors.Join(os.WriteFile(copied, rows, 0o644), os.Mkdir(journal.Dir(copied), 0o755),
		os.WriteFile(filepath.Join(journal.Dir(copied), "journal"), held, 0o644)); err != nil {
		t.Fatal(err)
	}
	return Read(copied, Options{Now: time.Now(), About: p.about})
}

// A run that ended in good order is told from one that was killed, as 'paceline ls'
// tells them.
func TestAStoppedRunWasNotKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &past{items: 100, rate: 10}
		output := p.write(t, t.TempDir(), 0, 40)
		if r := reread(t, output, p, Options{}); r.State != Stopped || !strings.HasPrefix(r.Headline, "Ended early: ") {
			t.Errorf("stopped: %s, %q", r.State, r.Headline)
		}
		held, err := os.ReadFile(filepath.Join(journal.Dir(output), "journal"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := readCut(t, output, held[:len(held)-1], p)
		if err != nil || r.State != Killed || !strings.HasPrefix(r.Headline, "Killed: ") || !strings.Contains(page(t, r), "killed before its input was done") {
			t.Errorf("killed: %v, %+v", err, r)
		}
	})
}

// A run that goes on is not disturbed: nothing of it is written or locked.
func TestARunThatGoesOnIsReadAndLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &past{items: 100, rate: 10}
		dir := t.TempDir()
		output := p.write(t, dir, 0, 40)
		j, err := journal.Open(output, journal.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Intend(40, 1, 5000); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, dir)
		r := reread(t, output, p, Options{Running: true})
		if after := snapshot(t, dir); after != before {
			t.Errorf("reading changed\n%s\nto\n%s", before, after)
		}
		if r.State != Running || r.Requests.Open != 1 || r.Items.ended() != 40 || !strings.HasPrefix(r.Headline, "Still running: ") {
			t.Errorf("%s: %q, %d open, %d rows", r.State, r.Headline, r.Requests.Open, r.Items.ended())
		}
		if err := errors.Join(j.Append(journal.Entry{Index: 40, Requests: 1}, []byte("{}\n"), func() {}), j.Close()); err != nil {
			t.Error(err)
		}
	})
}

// snapshot lists the files below dir with their sizes and what they hold.
func snapshot(t *testing.T, dir string) string {
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var data []byte
			data, err = os.ReadFile(path)
			b.WriteString(path + " " + time.Duration(journal.Sum(data)).String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNoTextLeavesOutWhatIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := written(t, &past{items: 900, rate: 40, answer: "a secret answer"}, Options{NoText: true})
		for _, text := range []string{page(t, r), r.Markdown()} {
			for _, said := range []string{"secret", "the strap broke", "Say how the writer", "Rate limit reached", "not one of"} {
				if strings.Contains(text, said) {
					t.Errorf("%q is in it", said)
				}
			}
		}
	})
}

func TestRowsThatAreNotWhatWasCommittedAreNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &past{items: 50, rate: 40}
		output := p.write(t, t.TempDir(), 0, 50)
		rows, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		rows = bytes.Replace(rows, []byte("r00007"), []byte("rXXXX7"), 1)
		if err := os.WriteFile(output, rows, 0o644); err != nil {
			t.Fatal(err)
		}
		r := reread(t, output, p, Options{})
		if r.Sample[7].ID != "" || r.Sample[8].ID != "r00008" {
			t.Errorf("shown: %q, %q", r.Sample[7].ID, r.Sample[8].ID)
		}
		if len(r.Missing) != 1 {
			t.Errorf("missing: %q", r.Missing)
		}
	})
}

func TestJSONIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := written(t, &past{items: 300, rate: 20}, Options{})
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back struct {
			Format string
			Items  struct{ Total, Done int64 }
			Series struct {
				X []float64
				R []*float64 `json:"requests_per_min"`
			}
		}
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if back.Format != Format || back.Items.Total != 300 || len(back.Series.R) != len(back.Series.X) || len(back.Series.X) == 0 {
			t.Errorf("%+v", back)
		}
		if bytes.Contains(b, []byte("null,null,null,null,null,null,null,null")) {
			t.Error("a series in which nothing is known is not left out")
		}
	})
}

func TestNoJournalIsAnErrorThatSaysSo(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "none.jsonl"), Options{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// A report says of a run what its summary says, also of a cap that the engine
// found itself, and of a limit that was given and is refused.
func TestAdviceIsThatOfTheSummary(t *testing.T) {
	refused := paceline.Stats{Requests: 269, Throttled: 69, Pace: paceline.Pace{RequestsGiven: true}}
	refused.Limited[paceline.BottleneckRequests] = time.Second
	stats := []paceline.Stats{{Pace: paceline.Pace{InFlight: 31, Adapts: true}}, {Pace: paceline.Pace{InFlight: 31}}, refused}
	stats[0].Limited[paceline.BottleneckConcurrency], stats[1].Limited[paceline.BottleneckConcurrency] = time.Second, time.Second
	for _, st := range stats {
		output := filepath.Join(t.TempDir(), "labels.jsonl")
		j, err := journal.Open(output, journal.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		at := time.Now()
		if err := errors.Join(
			j.Note(journal.Moment{At: at, Span: time.Second, InFlight: int64(st.Pace.InFlight), Cap: int64(st.Pace.InFlight), Adapts: st.Pace.Adapts,
				Requests: st.Requests, Throttled: st.Throttled, RequestsGiven: st.Pace.RequestsGiven, Limited: st.Limited[:]}),
			j.Append(journal.Entry{Index: 0, Started: at, Total: time.Second, Requests: 1}, []byte("{}\n"), nil), j.Close(),
		); err != nil {
			t.Fatal(err)
		}
		r, err := Read(output, Options{Now: at})
		if want := advice.Of(&st).Remedy(); err != nil || len(r.Advice) != 1 || r.Advice[0] != want {
			t.Errorf("%v: %q, want %q", err, r.Advice, want)
		}
	}
}
