package advice

import "github.com/seed-1814a72b/paceline"

var shorts = map[paceline.Bottleneck]string{
	paceline.BottleneckNone: "nothing", paceline.BottleneckRequests: "requests/min", paceline.BottleneckTokens: "tokens/min",
	paceline.BottleneckMoney: "money/h", paceline.BottleneckConcurrency: "calls at once", paceline.BottleneckBudget: "the budget",
	paceline.BottleneckAnswers: "the last answers", paceline.BottleneckRetries: "retries", paceline.BottleneckThrottled: "pauses after refusals",
	paceline.BottleneckOutage: "an outage", paceline.BottleneckHold: "a pause by hand", paceline.BottleneckCPU: "this machine's processor",
	paceline.BottleneckDisk: "the disk", paceline.BottleneckInput: "the input",
	paceline.BottleneckResume: "items done before",
}

// Short returns a bottleneck in two or three words, for headlines and legends.
func Short(b paceline.Bottleneck) string {
	if name := shorts[b]; name != "" {
		return name
	}
	return b.String()
}
