package cli

import (
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/manual"
)

// runPage is the help of `paceline run`, without its flags.
func runPage() *manual.Page {
	return &manual.Page{
		Use:   "run INPUT...",
		Short: "call a model for every item of a file and write every answer",
		About: "Calls a model for every item of the input and writes one row for each, as it completes. " +
			"INPUT is JSON Lines, CSV, Parquet, plain text or OpenAI batch lines, also .gz or .zst; several files, " +
			"globs, or - for standard input (see 'paceline help formats').\n\n" +
			"The same command again continues where it stopped, after Ctrl-C, a crash or a full disk: " +
			"what is done is not sent again.",
		Examples: []manual.Example{
			{What: "Label each line; rows go to reviews.out.jsonl",
				Line: "paceline run reviews.jsonl -m gpt-4o-mini --rpm 500 \\\n" +
					"  -p 'Positive, negative or mixed? One word. {{.text}}'"},
			{What: "Try a prompt on 20 random rows of a CSV file, and see what it would cost",
				Line: "paceline run faq.csv --sample 20 -m gpt-4o-mini -p @prompt.txt --dry-run"},
			{What: "Structured answers from a server of your own, 64 calls at once",
				Line: "paceline run docs.jsonl.zst -o facts.jsonl --concurrency 64 \\\n" +
					"  --base-url http://localhost:8000/v1 -m qwen3 -p @extract.txt \\\n" +
					"  --param temperature=0 --schema fact.json"},
			{What: "One of three labels, asked for again where it is none of them",
				Line: "paceline run reviews.jsonl -m gpt-4o-mini --one-of positive,negative,mixed \\\n" +
					"  -p 'Positive, negative or mixed? One word. {{.text}}'"},
		},
		Sections: []manual.Section{
			{Title: "Checks before anything is sent", Text: runChecks},
			{Title: "While it runs", Text: runKeys},
			{Title: "Continuing", Text: runContinuing},
			{Title: "Exit codes", Text: command.ExitCodes},
		},
	}
}

const runKeys = `  On a terminal: p or space pauses the run, and lets it go on; + and - raise or
  lower, by a tenth, the limit that holds it back; q stops it as Ctrl-C does;
  ? explains the keys. From elsewhere 'paceline ctl OUTPUT' does the same.`

const runContinuing = `  What is done stands in OUTPUT and in the journal beside it,
  OUTPUT.paceline/. A later run on the same OUTPUT sends only what is missing.
  Items may be appended to the input; if an item, the prompt, the model, the
  endpoint or what an answer must be changed, the run is refused and the change
  named. An item that failed may be mended: --retry-failed sends it as it is
  now.
  In a continued run's summary, items, tokens and money are of all sessions
  together; requests, retries, latencies and time are of this one, unless it
  says so. In the JSON of --summary the requests are of all sessions, too.
  Ctrl-C (SIGINT): nothing starts any more, calls in flight get --grace to
  finish, what was answered is kept; Ctrl-C again stops at once. SIGTERM,
  and SIGHUP of a terminal that is closed, are the same with at most 5s; under
  nohup a run outlives its terminal. Any of them, and a kill, can be continued.
  On a full disk nothing more is sent; calls in flight finish, and their rows
  have the 4 MiB that are set aside for them in OUTPUT.paceline/. Once there is
  room the run goes on; after --disk-wait it stops, and can be continued.
  Calls are made at least once, rows are written exactly once. Calls that were
  cut off are counted and their items named when the run continues.`

const runChecks = `  Of files every item is read, and its prompt rendered, before the first call.
  Standard input and pipes can be read only once: there the first 100 items are
  checked, as far as they come without a pause; a later item that lacks a field
  gets a row with the error.
  The disk must take a MiB. A run whose first 10 answers all refuse the request
  in the same way is stopped.`
