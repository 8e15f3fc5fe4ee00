package advice

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func share(part float64) paceline.Share { return paceline.Share{Part: part, Known: true} }

func TestSentence(t *testing.T) {
	for want, l := range map[string]paceline.Limited{
		"": {},
		"the limit on tokens 71 % of the time, waiting for the last answers 20 %, calls at once 9 %": {
			paceline.BottleneckTokens: 71 * time.Second, paceline.BottleneckAnswers: 20 * time.Second, paceline.BottleneckConcurrency: 9 * time.Second,
		},
		"waiting for input over 99 % of the time": {paceline.BottleneckInput: time.Hour, paceline.BottleneckNone: 1},
		"writing rows 100 % of the time":          {paceline.BottleneckDisk: 1},
		"pauses after refusals 100 % of the time": {paceline.BottleneckThrottled: 1},
	} {
		if got := Sentence(l); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestEveryBottleneckHasAName(t *testing.T) {
	var l paceline.Limited
	for i := range l {
		if b := paceline.Bottleneck(i); names[b] == "" || shorts[b] == "" {
			t.Errorf("%q has no name", b)
		}
	}
}

const refusedBelowGiven = "the server refuses calls below the limit that is given " +
	"(it may count more finely, take smaller bursts, or others use the key): lower it, or leave it to be found out (--rps auto)"

func TestRemedy(t *testing.T) {
	for _, c := range []struct {
		b    paceline.Bottleneck
		run  Run
		want string
	}{
		{paceline.BottleneckConcurrency, Run{Cap: 64, Use: paceline.Use{Tokens: share(0.4), Requests: share(0.304)}},
			"raise --concurrency above 64: the limit on requests was 30 % used, the limit on tokens was 40 % used"},
		{paceline.BottleneckConcurrency, Run{}, "raise --concurrency: no other limit was in force"},
		{paceline.BottleneckConcurrency, Run{Cap: 64, Use: paceline.Use{Tokens: share(0.4), Requests: share(0.93)}},
			"a higher --concurrency would bring little: the limit on requests was 93 % used"},
		{paceline.BottleneckConcurrency, Run{Cap: 2000, Use: paceline.Use{Processor: share(0.77)}},
			"a higher --concurrency would bring little: the processor was 77 % used"},
		{paceline.BottleneckConcurrency, Run{Cap: 31, Adapted: true},
			"so many calls at once are what the server bore without slowing down; --concurrency above 31 tries more"},
		{paceline.BottleneckRequests, Run{Use: paceline.Use{Requests: share(1.02), Tokens: share(0.3)}},
			"put more into each request, or ask for a higher limit, or share the calls with a further key or server (--endpoint): " +
				"the limit on requests was 100 % used, that on tokens was 30 % used"},
		{paceline.BottleneckRequests, Run{Use: paceline.Use{Requests: share(0.6), Tokens: share(0.72)}},
			"ask for a higher limit, put more into each request, or share the calls with a further key or server (--endpoint): the limit on tokens was 72 % used"},
		{paceline.BottleneckRequests, Run{FoundOut: true, Use: paceline.Use{Requests: share(0.96)}},
			"ask for a higher limit, put more into each request, or share the calls with a further key or server (--endpoint): " +
				"what the server was found to let in was 96 % used"},
		{paceline.BottleneckRequests, Run{RequestsGiven: true, Use: paceline.Use{Requests: share(0.96)}},
			"raise the limit that was given (--rpm, --rps) if the server grants more, put more into each request, " +
				"or share the calls with a further key or server (--endpoint): the limit on requests was 96 % used"},
		{paceline.BottleneckTokens, Run{TokensGiven: true, Use: paceline.Use{Tokens: share(0.97)}},
			"raise --tpm if the server grants more, or shorten prompts and answers: the limit on tokens was 97 % used"},
		{paceline.BottleneckTokens, Run{Use: paceline.Use{Tokens: share(0.97)}},
			"ask for a higher limit, or shorten prompts and answers: the limit on tokens was 97 % used"},
		{paceline.BottleneckTokens, Run{Use: paceline.Use{Tokens: share(0.41)}},
			"give requests a max_tokens nearer to what answers take, since calls set aside what they are expected to use: the limit on tokens was 41 % used"},
		{paceline.BottleneckMoney, Run{Use: paceline.Use{Money: share(0.99)}},
			"raise --usd-per-hour, or take a cheaper model: the limit on money was 99 % used"},
		{paceline.BottleneckCPU, Run{Use: paceline.Use{Processor: share(0.96)}},
			"give the process more processors, or share the input among machines: the processor was 96 % used"},
		{paceline.BottleneckCPU, Run{Use: paceline.Use{Processor: share(0.52)}},
			"answers waited to be checked: simpler checks, or more processors, would help: the processor was 52 % used"},
		{paceline.BottleneckMoney, Run{Use: paceline.Use{Money: share(0.84)}}, "raise --usd-per-hour, or take a cheaper model"},
		{paceline.BottleneckRequests, Run{RequestsGiven: true, Use: paceline.Use{Requests: share(0.84)}},
			"raise the limit that was given (--rpm, --rps) if the server grants more, put more into each request, " +
				"or share the calls with a further key or server (--endpoint)"},
		{paceline.BottleneckConcurrency, Run{Cap: 5, Adapted: true, Silent: true}, nothingAnswered},
		{paceline.BottleneckOutage, Run{Silent: true}, nothingAnswered},
		{paceline.BottleneckOutage, Run{}, "nothing answered: another key or server beside it (--endpoint) would have taken over"},
		{paceline.BottleneckDisk, Run{Silent: true}, fixed[paceline.BottleneckDisk]},
		{paceline.BottleneckConcurrency, Run{Cap: 47, Exhausted: true}, "this machine had no file descriptors or ports left for more calls at once: raise 'ulimit -n'"},
		{paceline.BottleneckThrottled, Run{}, "the server said later: give its limit by --rpm or --tpm, or look who else uses the key"},
		{paceline.BottleneckThrottled, Run{RequestsGiven: true, TokensGiven: true}, refusedBelowGiven},
		{paceline.BottleneckThrottled, Run{TokensGiven: true}, "the server refuses calls below the limit that is given " +
			"(it may count more finely, take smaller bursts, or others use the key): give that on requests by --rpm as well, or lower --tpm"},
		{paceline.BottleneckRequests, Run{RequestsGiven: true, Refused: 0.26}, refusedBelowGiven},
		{paceline.BottleneckRequests, Run{RequestsGiven: true, Limited: paceline.Limited{paceline.BottleneckThrottled: 900 * time.Millisecond}}, refusedBelowGiven},
		{paceline.BottleneckRequests, Run{RequestsGiven: true, Refused: 0.01},
			"raise the limit that was given (--rpm, --rps) if the server grants more, put more into each request, or share the calls with a further key or server (--endpoint)"},
		{paceline.BottleneckRequests, Run{FoundOut: true, Refused: 0.26},
			"ask for a higher limit, put more into each request, or share the calls with a further key or server (--endpoint)"},
		{paceline.BottleneckHold, Run{}, ""},
		{paceline.BottleneckNone, Run{}, ""},
	} {
		c.run.Limited[c.b] = time.Second
		if got := c.run.Remedy(); got != c.want {
			t.Errorf("%q:\ngot  %q\nwant %q", c.b, got, c.want)
		}
	}
}

// Whatever held a run back, but for a pause that its owner wished and what an earlier
// run has done, there is something to do, on one line.
func TestEveryBottleneckHasARemedy(t *testing.T) {
	var l paceline.Limited
	for i := range l {
		b := paceline.Bottleneck(i)
		var r Run
		r.Limited[b] = time.Second
		got := r.Remedy()
		if idle := b == paceline.BottleneckHold || b == paceline.BottleneckNone || b == paceline.BottleneckResume; idle != (got == "") || strings.ContainsAny(got, "\n.") {
			t.Errorf("%q: %q", b, got)
		}
	}
}

// A run is silent until something answers, be it that it is to come later.
func TestWhoIsSilent(t *testing.T) {
	endpoints := func(answered bool) paceline.Pace {
		return paceline.Pace{Endpoints: []paceline.EndpointPace{{Answered: answered}}}
	}
	for _, c := range []struct {
		stats paceline.Stats
		want  bool
	}{
		{paceline.Stats{Requests: 5, Pace: endpoints(false)}, true},
		{paceline.Stats{Requests: 5, Pace: endpoints(true)}, false},
		{paceline.Stats{Requests: 5, Throttled: 1, Pace: endpoints(false)}, false},
		{paceline.Stats{Requests: 5, Total: paceline.Latency{Count: 1}, Pace: endpoints(false)}, false},
		{paceline.Stats{Pace: endpoints(false)}, false},
		{paceline.Stats{Requests: 5}, false},
	} {
		if got := Of(&c.stats).Silent; got != c.want {
			t.Errorf("%+v: silent %v", c.stats, got)
		}
	}
}
