package paceline

import "time"

// A Bottleneck is what keeps a run, at one moment, from going faster.
type Bottleneck uint8

// The bottlenecks. Their numbers stand in journals: new ones come at the end.
const (
	BottleneckNone        Bottleneck = iota // a call is just about to start
	BottleneckRequests                      // the limit on requests, given, told or found out
	BottleneckTokens                        // the limit on tokens
	BottleneckMoney                         // the limit on money an hour
	BottleneckConcurrency                   // the cap on calls at once
	BottleneckBudget                        // what calls in flight may use is all that is left of the budget
	BottleneckAnswers                       // nothing is left to send: the last answers are awaited
	BottleneckRetries                       // all that is left waits between two attempts, or for the retry budget
	BottleneckThrottled                     // the server said "later"
	BottleneckOutage                        // nothing answers
	BottleneckHold                          // paused by hand
	BottleneckCPU                           // this process has no processor time left, or answers come faster than they are judged
	BottleneckDisk                          // rows wait to be durable, or for the sink
	BottleneckInput                         // the source has not given the next item yet; or nobody asks the engine for anything
	BottleneckResume                        // the source is read past items that have their row already
	bottlenecks
)

var bottleneckNames = [bottlenecks]string{
	"", "requests", "tokens", "money", "concurrency", "budget", "answers", "retries",
	"throttled", "outage", "hold", "cpu", "disk", "input", "resume",
}

// String returns the name that summaries and reports use, "" for none.
func (b Bottleneck) String() string {
	if b >= bottlenecks {
		return "unknown"
	}
	return bottleneckNames[b]
}

// Limited says for how long each [Bottleneck] held a run back. Each moment counts
// for exactly one of them, so that together they are the time that the run took.
type Limited [bottlenecks]time.Duration

// Total returns the time that all of them took together.
func (l *Limited) Total() (sum time.Duration) {
	for _, d := range l {
		sum += d
	}
	return sum
}

// Worst returns the one that took most, and its share of the whole, from 0 to 1.
func (l *Limited) Worst() (b Bottleneck, share float64) {
	for i, d := range l {
		if d > l[b] {
			b = Bottleneck(i)
		}
	}
	if sum := l.Total(); sum > 0 {
		share = float64(l[b]) / float64(sum)
	}
	return b, share
}
