package cli

// runPage is the help of `paceline run`, without its flags.
func runPage() *page {
	return &page{
		use:   "run INPUT...",
		short: "call a model for every item of a file and write every answer",
		about: "Calls a model for every item of the input and writes one row for each, as it completes. " +
			"INPUT is JSON Lines, CSV, plain text or OpenAI batch lines, also .gz or .zst; several files, " +
			"globs, or - for standard input (see 'paceline help formats').\n\n" +
			"The same command again continues where it stopped, after Ctrl-C, a crash or a full disk: " +
			"what is done is not sent again.",
		examples: []example{
			{"Label each line; rows go to reviews.out.jsonl",
				"paceline run reviews.jsonl -m gpt-4o-mini --rpm 500 \\\n" +
					"  -p 'Positive, negative or mixed? One word. {{.text}}'"},
			{"Try a prompt on 20 random rows of a CSV file, and see what it would cost",
				"paceline run faq.csv --sample 20 -m gpt-4o-mini -p @prompt.txt --dry-run"},
			{"Structured answers from a server of your own, 64 calls at once",
				"paceline run docs.jsonl.zst -o facts.jsonl --concurrency 64 \\\n" +
					"  --base-url http://localhost:8000/v1 -m qwen3 -p @extract.txt \\\n" +
					"  --param temperature=0 --body schema.json"},
		},
		sections: []section{
			{"Continuing", runContinuing},
			{"Exit codes", exitCodes},
		},
	}
}

const runContinuing = `  What is done stands in OUTPUT and in the journal beside it,
  OUTPUT.paceline/. A later run on the same OUTPUT sends only what is missing.
  Items may be appended to the input; if an item, the prompt, the model or the
  endpoint changed, the run is refused and the change named.
  In a continued run's summary, items, done, failed, invalid, requests, tokens
  and money are of all sessions together; retries, latencies and elapsed time
  are of this one.
  Calls are made at least once, rows are written exactly once.`
