package summary

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func limitedStats() paceline.Stats {
	return paceline.Stats{
		Requests: 9, Elapsed: 100 * time.Second,
		Limited: paceline.Limited{
			paceline.BottleneckTokens: 71 * time.Second, paceline.BottleneckAnswers: 20 * time.Second,
			paceline.BottleneckInput: 9*time.Second - time.Nanosecond, paceline.BottleneckHold: time.Nanosecond,
		},
		Use: paceline.Use{
			Tokens: paceline.Share{Part: 0.97, Known: true}, Requests: paceline.Share{Part: 0.4, Known: true},
			Processor: paceline.Share{Known: true},
		},
	}
}

func TestSummarySaysWhatLimitedIt(t *testing.T) {
	var got struct {
		LimitedBy json.RawMessage `json:"limited_by"`
	}
	sum := Of(paceline.Summary{Stats: limitedStats()}, Earlier{}, 0)
	if err := json.Unmarshal(sum.Encode(), &got); err != nil {
		t.Fatal(err)
	}
	want := `{"worst":"tokens","by_cause":[` +
		`{"cause":"tokens","seconds":71,"share":0.71},{"cause":"answers","seconds":20,"share":0.2},` +
		`{"cause":"input","seconds":9,"share":0.09},{"cause":"hold","seconds":0,"share":0}],` +
		`"used":{"requests":0.4,"tokens":0.97,"money":null,"concurrency":null,"processor":0},` +
		`"advice":"ask for a higher limit, or shorten prompts and answers: the limit on tokens was 97 % used, that on requests was 40 % used"}`
	if one := strings.Join(strings.Fields(string(got.LimitedBy)), ""); one != strings.Join(strings.Fields(want), "") {
		t.Errorf("got  %s\nwant %s", one, want)
	}
}

// However the time was shared, the shares are 1 together, and the seconds those
// of the session.
func TestSharesOfASummaryAddUp(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var st paceline.Stats
		for i := range st.Limited {
			if rng.IntN(2) == 0 {
				st.Limited[i] = time.Duration(rng.Int64N(int64(time.Duration(1) << rng.IntN(45))))
			}
		}
		st.Elapsed = st.Limited.Total()
		sum := Of(paceline.Summary{Stats: st}, Earlier{}, 0)
		seconds, share := 0.0, 0.0
		for _, p := range sum.LimitedBy.Causes {
			seconds, share = seconds+p.Seconds, share+p.Share
		}
		if st.Elapsed > 0 && math.Abs(share-1) > 1e-9 || math.Abs(seconds-sum.ElapsedS) > 1e-6 {
			t.Fatalf("seed %d: %v s of %v, shares of %v together", seed, seconds, sum.ElapsedS, share)
		}
	}
}

func TestReportSaysWhatLimitedAndWhatHelps(t *testing.T) {
	var b strings.Builder
	Report{Summary: Of(paceline.Summary{Stats: limitedStats()}, Earlier{}, 0), Width: 80}.Write(&b)
	want := `  limited by   the limit on tokens 71 % of the time, waiting for the last
               answers 20 %, waiting for input 9 %
  what helps   ask for a higher limit, or shorten prompts and answers: the
               limit on tokens was 97 % used, that on requests was 40 % used
`
	if !strings.Contains(b.String(), want) {
		t.Errorf("got:\n%s\nwant in it:\n%s", b.String(), want)
	}
	st := limitedStats()
	st.Elapsed = time.Second / 2
	b.Reset()
	Report{Summary: Of(paceline.Summary{Stats: st}, Earlier{}, 0)}.Write(&b)
	if strings.Contains(b.String(), "limited by") {
		t.Errorf("of a session that was over at once:\n%s", b.String())
	}
}
