package live

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// midRun is a run under way, with a little of everything.
func midRun() frame {
	return frame{State: status.State{
		Facts: status.Facts{Total: 2000, Budget: paceline.Cost{USD: 5, Known: true}},
		Stats: paceline.Stats{
			Items: 1400, Done: 1131, Failed: 1, Invalid: 2, Resumed: 100,
			Requests: 1500, Retries: 31, Asked: 12, Hedges: 7, Throttled: 4,
			InFlight: 87, Elapsed: 12 * time.Second,
			Usage:      paceline.Usage{Prompt: 181_204, Completion: 4102, Known: true},
			Cost:       paceline.Cost{USD: 0.0312, Known: true},
			FirstToken: paceline.Latency{Count: 1234, P50: 812 * time.Millisecond, P99: 1612 * time.Millisecond},
			Total:      paceline.Latency{Count: 1234, P50: 1902 * time.Millisecond, P99: 4213 * time.Millisecond},
			Pace:       paceline.Pace{Requests: paceline.Per(10_000, time.Minute), InFlight: 256, LimitedBy: paceline.BottleneckRequests},
		},
		Pace: status.Pace{Items: 160.4, Requests: 163.5, Tokens: 20_000, Left: 8 * time.Second, HeldBy: paceline.BottleneckRequests},
	}}
}

func blockText(s frame, columns, rows int, ascii bool) string {
	var b strings.Builder
	for _, l := range drawBlock(s, columns, rows, ascii) {
		b.WriteString(l.text(false) + "\n")
	}
	return b.String()
}

func TestBlock(t *testing.T) {
	with := func(change func(*frame)) frame {
		s := midRun()
		change(&s)
		return s
	}
	for _, tt := range []struct {
		name          string
		state         frame
		columns, rows int
		want          string
	}{
		{"80 columns", midRun(), 80, 24, `
 1,234 of 2,000 items   61.7 %                    12 s so far           ETA 8 s
 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━──────────────────────────────
 ▸ limited by requests: 98 % of 10,000/min used

 items            160/s
 requests     9,810/min  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━─   98 % of 10,000/min
 in flight           87  ━━━━━━━━━━╸────────────────────   34 % of 256 calls
 cost           $0.0312  ╸──────────────────────────────    1 % of $5.00

 first token p50 812 ms   p99 1.61 s     whole call  p50 1.90 s   p99 4.21 s
 tokens      181k in      4,102 out      given up    1 failed     2 invalid
 sent again  31 retries
 extra calls 4 throttled  12 re-asked  7 hedged
`},
		{"60 columns", midRun(), 60, 24, `
 1,234 of 2,000 items   61.7 %                      ETA 8 s
 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸──────────────────────
 ▸ limited by requests: 98 % of 10,000/min used

 items            160/s
 requests     9,810/min  ━━━━━━━━━━╸   98 % of 10,000/min
 in flight           87  ━━━╸───────   34 % of 256 calls
 cost           $0.0312  ╸──────────    1 % of $5.00

 first token p50 812 ms   p99 1.61 s
 whole call  p50 1.90 s   p99 4.21 s
 tokens      181k in      4,102 out
 given up    1 failed     2 invalid
 sent again  31 retries
 extra calls 4 throttled  12 re-asked  7 hedged
`},
		{"160 columns", midRun(), 160, 24, `
 1,234 of 2,000 items   61.7 %                                                         12 s so far           ETA 8 s
 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╸────────────────────────────────────────────
 ▸ limited by requests: 98 % of 10,000/min used

 items            160/s                                           first token p50 812 ms   p99 1.61 s     whole call  p50 1.90 s   p99 4.21 s
 requests     9,810/min  ━━━━━━━━━━━━━━━╸   98 % of 10,000/min    tokens      181k in      4,102 out      given up    1 failed     2 invalid
 in flight           87  ━━━━━───────────   34 % of 256 calls     sent again  31 retries
 cost           $0.0312  ╸───────────────    1 % of $5.00         extra calls 4 throttled  12 re-asked  7 hedged
`},
		{"6 rows", midRun(), 80, 6, `
 1,234 of 2,000 items   61.7 %                    12 s so far           ETA 8 s
 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━──────────────────────────────
 ▸ limited by requests: 98 % of 10,000/min used
 items            160/s
 requests     9,810/min  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━─   98 % of 10,000/min
`},
		{"paused", with(func(s *frame) {
			s.Stats.Pace.PausedFor, s.Stats.Pace.PausedCause = 12*time.Second, paceline.CodeThrottled
		}), 80, 4, `
 1,234 of 2,000 items   61.7 %                    12 s so far           ETA 8 s
 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━──────────────────────────────
 ▸ paused 12 s: the server said later (429 or the like)
`},
		{"total not known, nothing limits, prices not known", with(func(s *frame) {
			s.Facts = status.Facts{}
			s.Stats.Cost, s.Stats.Pace, s.Pace.HeldBy = paceline.Cost{}, paceline.Pace{}, paceline.BottleneckNone
		}), 80, 24, `
 1,234 items                                                        12 s so far
 ▸ nothing in the way

 items            160/s
 requests         164/s
 in flight           87
 cost           unknown

 first token p50 812 ms   p99 1.61 s     whole call  p50 1.90 s   p99 4.21 s
 tokens      181k in      4,102 out      given up    1 failed     2 invalid
 sent again  31 retries
 extra calls 4 throttled  12 re-asked  7 hedged
`},
		{"token limit", with(func(s *frame) {
			s.Stats.Pace.Tokens, s.Pace.HeldBy = paceline.Per(2e6, time.Minute), paceline.BottleneckTokens
		}), 80, 24, `
 1,234 of 2,000 items   61.7 %                    12 s so far           ETA 8 s
 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━──────────────────────────────
 ▸ limited by tokens: 60 % of 2.00M/min used

 items            160/s
 requests     9,810/min  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━─   98 % of 10,000/min
 tokens       1.20M/min  ━━━━━━━━━━━━━━━━━━╸────────────   60 % of 2.00M/min
 in flight           87  ━━━━━━━━━━╸────────────────────   34 % of 256 calls
 cost           $0.0312  ╸──────────────────────────────    1 % of $5.00

 first token p50 812 ms   p99 1.61 s     whole call  p50 1.90 s   p99 4.21 s
 tokens      181k in      4,102 out      given up    1 failed     2 invalid
 sent again  31 retries
 extra calls 4 throttled  12 re-asked  7 hedged
`},
		{"nothing yet", frame{State: status.State{Facts: status.Facts{Total: 2000}, Pace: status.Pace{Left: -1}}}, 80, 24, `
     0 of 2,000 items    0.0 %                     0 s so far             ETA -
 ──────────────────────────────────────────────────────────────────────────────
 ▸ starting

 items              0/s
 requests         0/min
 in flight            0
 cost                 -

 first token p50 -        p99 -          whole call  p50 -        p99 -
 tokens      0 in         0 out          given up    0 failed     0 invalid
 sent again  0 retries
 extra calls 0 throttled  0 re-asked   0 hedged
`},
		{"all done", with(func(s *frame) { s.Stats.Done = 1897 }), 80, 4, `
 2,000 of 2,000 items  100.0 %                              158 items/s in 12 s
 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
 ▸ all items have their row
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := blockText(tt.state, tt.columns, tt.rows, false); "\n"+got != tt.want {
				t.Errorf("got\n%swant%s", got, tt.want)
			}
		})
	}
}

// Answers that ended otherwise have their place once there are any.
func TestBlockShowsHowAnswersEnded(t *testing.T) {
	s := midRun()
	for _, words := range []string{"cut short", "withheld"} {
		if strings.Contains(blockText(s, 80, 24, false), words) {
			t.Errorf("%q without any", words)
		}
	}
	s.Stats.Truncated, s.Stats.Refused = 12, 3
	for _, want := range []string{"cut short   12 truncated", "withheld    0 filtered   3 refused"} {
		if got := blockText(s, 80, 24, false); !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if got := plainLine(s); !strings.Contains(got, "2 invalid, 12 truncated, 3 refused,") {
		t.Error(got)
	}
}

func TestTimesStandApart(t *testing.T) {
	s := midRun()
	for _, left := range []time.Duration{13 * time.Minute, 47*time.Hour + 59*time.Minute, 800 * time.Hour} {
		s.Pace.Left, s.Stats.Elapsed = left, 31*time.Hour
		if got := blockText(s, 80, 24, false); !strings.Contains(got, "31 h 00 min so far   ") {
			t.Errorf("got %s", got)
		}
	}
}

func TestSlowRatesAreByTheMinute(t *testing.T) {
	s := midRun()
	s.Pace.Items = 0.412
	if got := blockText(s, 80, 24, false); !strings.Contains(got, "items         24.7/min") {
		t.Errorf("got %s", got)
	}
}

func TestSingular(t *testing.T) {
	one := frame{State: status.State{Facts: status.Facts{Total: 1}, Stats: paceline.Stats{Requests: 2, Retries: 1, Done: 1}}, Ended: true}
	if got := plainLine(one); !strings.HasPrefix(got, "paceline: 1 of 1 item (100.0 %), ") || !strings.Contains(got, ", 1 retry, ") {
		t.Errorf("got %q", got)
	}
	if got := one.Facts.Headline(); got != "paceline: 1 item" {
		t.Errorf("got %q", got)
	}
}

func TestAPausedRunHasNoTimeOfArrival(t *testing.T) {
	s := midRun()
	if s.eta() == "ETA -" {
		t.Fatal("there is no time of arrival to begin with")
	}
	if s.Stats.Pace.LimitedBy = paceline.BottleneckHold; s.eta() != "ETA -" {
		t.Errorf("got %q", s.eta())
	}
}

func TestLastLineSaysThatItStopped(t *testing.T) {
	s := midRun()
	s.Ended = true
	if got := plainLine(s); !strings.HasSuffix(got, "stopped after 12 s") || strings.Contains(got, "ETA") {
		t.Errorf("got %q", got)
	}
}

func TestBlockInASCII(t *testing.T) {
	text := blockText(midRun(), 80, 24, true)
	for _, r := range text {
		if r > 0x7e {
			t.Fatalf("%q in\n%s", r, text)
		}
	}
	if want := strings.Repeat("#", 48) + strings.Repeat(".", 30); !strings.Contains(text, want) {
		t.Errorf("no bar %s in\n%s", want, text)
	}
}

// huge is a run whose numbers are as long as they get.
func huge() frame {
	s := midRun()
	s.Facts.Total = 1_000_000_000
	s.Facts.Budget.USD, s.Stats.Cost.USD = 1_000_000, 999_999.99
	s.Stats.Done, s.Stats.Failed, s.Stats.Invalid = 888_888_888, 888_888, 888_888
	s.Stats.Retries, s.Stats.Throttled = 8_888_888, 888_888
	s.Stats.Asked, s.Stats.Hedges = 888_888, 888_888
	s.Stats.InFlight, s.Stats.Pace.InFlight = 20_000, 20_000
	s.Stats.Usage = paceline.Usage{Prompt: 888_888_888_888, Completion: 888_888_888_888, Known: true}
	s.Stats.Pace.Tokens = paceline.Per(100_000_000, time.Minute)
	s.Stats.Total.P99, s.Stats.FirstToken.P99 = 899*time.Second, 888*time.Second
	s.Pace = status.Pace{Items: 12_345, Requests: 16_666, Tokens: 1e6, Left: 47 * time.Hour}
	return s
}

func TestBlockNeverWraps(t *testing.T) {
	for columns := 1; columns <= 220; columns++ {
		for rows := 1; rows <= 12; rows++ {
			for _, s := range []frame{midRun(), huge(), {}} {
				block := drawBlock(s, columns, rows, false)
				if len(block) > max(rows-1, 1) {
					t.Fatalf("%d lines in a terminal of %d rows", len(block), rows)
				}
				for _, l := range block {
					if w := utf8.RuneCountInString(l.text(false)); w >= max(columns, 1) {
						t.Fatalf("%d columns: %q takes %d", columns, l.text(false), w)
					}
				}
			}
		}
	}
}

// TestBlockColumnsStand checks that nothing moves while a run goes on: each
// label begins where it began before, and no value runs into the next.
func TestBlockColumnsStand(t *testing.T) {
	early := frame{State: status.State{Facts: status.Facts{Total: 1_000_000_000}, Pace: status.Pace{Left: -1}}}
	early.Stats.Pace.Tokens = paceline.Per(100_000_000, time.Minute)
	a, b := drawBlock(early, 80, 24, false), drawBlock(huge(), 80, 24, false)
	for i, l := range a[2 : len(a)-1] {
		for _, p := range l {
			if p.style != styleDim || strings.ContainsAny(p.text, "─%▸") || strings.Contains("▸ starting", p.text) {
				continue
			}
			was := column(l.text(false), p.text)
			if is := column(b[i+2].text(false), p.text); is != was {
				t.Errorf("%q stood in column %d and stands in %d:\n%s\n%s", p.text, was, is, l.text(false), b[i+2].text(false))
			}
		}
	}
}

func column(text, label string) int {
	before, _, _ := strings.Cut(text, label)
	return utf8.RuneCountInString(before)
}

func TestColorIsOnlyColor(t *testing.T) {
	s := midRun()
	for _, l := range drawBlock(s, 80, 24, false) {
		colored := l.text(true)
		if colored != "" && !strings.Contains(colored, "\x1b[") {
			t.Errorf("%q has no colour", colored)
		}
		if got := escapes.ReplaceAllString(colored, ""); strings.TrimRight(got, " ") != l.text(false) {
			t.Errorf("without its escapes %q reads %q", colored, got)
		}
	}
}

func TestPlainLine(t *testing.T) {
	want := "paceline: 1,234 of 2,000 items (61.7 %), 160 items/s, 87 of 256 calls in flight, " +
		"31 retries, 12 re-asked, 7 hedged, 4 throttled, 1 failed, 2 invalid, first token p50 812 ms p99 1.61 s, " +
		"181k tokens in 4,102 out, cost $0.0312 of $5.00, ETA 8 s, limited by requests"
	if got := plainLine(midRun()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestHeadline(t *testing.T) {
	for want, f := range map[string]status.Facts{
		"paceline: 2,000 items, m -> out.jsonl":              {Total: 2000, Model: "m", Output: "out.jsonl"},
		"paceline: 2,000 items (1,200 already done) -> o":    {Total: 2000, Done: 1200, Output: "o"},
		"paceline: items as they come, m -> standard output": {Model: "m", Output: "standard output"},
	} {
		if got := f.Headline(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The line of the last minutes says how long it is, whatever has room.
func TestTheLastMinutesSayHowLongTheyAre(t *testing.T) {
	s := midRun()
	for range 30 {
		s.History = append(s.History, float64(len(s.History)))
	}
	s.Span = 10
	for columns, want := range map[int]string{80: " last 5 min 00 s", 120: "▄▅▅▅▅▆▆▆▆▇▇▇▇███  last 2 min 40 s", 50: "▇███\n"} {
		if got := blockText(s, columns, 24, false); !strings.Contains(got, want) {
			t.Errorf("%d columns: %q is not in\n%s", columns, want, got)
		}
	}
}

// TestTheWholeCostIsThatOfAllSessions continues a run: what the whole will come to
// has what earlier sessions spent in it, and is not said where nobody knows that.
func TestTheWholeCostIsThatOfAllSessions(t *testing.T) {
	s := frame{State: status.State{
		Facts: status.Facts{Total: 1000, Done: 500, Spent: paceline.Cost{USD: 5, Known: true}},
		Stats: paceline.Stats{Done: 100, Resumed: 500, Requests: 100, Cost: paceline.Cost{USD: 1, Known: true}},
	}}
	of := func() string {
		d := blockDraft{frame: &s}
		return d.costGauge(false).of
	}
	if got := of(); got != "about $10.00 in all" {
		t.Errorf("of $5 before, $1 now and $4 to come: %q", got)
	}
	s.Facts.Spent.Known = false
	if got := of(); got != "" {
		t.Errorf("nobody knows what was spent before: %q", got)
	}
	s.Facts = status.Facts{Total: 1000}
	s.Stats.Resumed = 0
	if got := of(); got != "about $10.00 in all" {
		t.Errorf("of $1 for 100 of 1,000: %q", got)
	}
}
