package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/manual"
	"github.com/seed-1814a72b/paceline/internal/prompt"
	"github.com/seed-1814a72b/paceline/internal/prose"
)

// A topic is a help page that belongs to no command: `paceline help formats`.
type topic struct{ name, short, text string }

func (t topic) command() *cobra.Command {
	cmd := &cobra.Command{Use: t.name, Short: t.short, Hidden: true}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		io.WriteString(cmd.OutOrStdout(), strings.TrimLeft(t.text, "\n"))
	})
	return cmd
}

func topics() []topic {
	return []topic{
		{"prompts", "templates: fields, functions, messages", promptsText()},
		{"checks", "what an answer must be, and asking again", checksText},
		{"formats", "what goes in and what comes out", formatsText},
		{"environment", "the variables that are read", environmentText},
		{"exit-codes", "how the program ends", "How the program ends\n\n" + command.ExitCodes + "\n"},
	}
}

// promptsText explains templates, with the functions as they are.
func promptsText() string {
	var b strings.Builder
	b.WriteString(promptsHead)
	for _, f := range prompt.Functions() {
		lines := prose.Wrap(f.Doc, manual.Width-31)
		fmt.Fprintf(&b, "  %-28s %s\n", f.Usage, lines[0])
		for _, line := range lines[1:] {
			fmt.Fprintf(&b, "  %-28s %s\n", "", line)
		}
	}
	return b.String()
}

const promptsHead = `
Prompts are templates over the item

  -p 'Classify: {{.text}}'     a field of the item; {{.a.b}} a nested one
  -p '{{.}}'                   the whole item, as JSON; of text, the line
  -p @prompt.txt               the template stands in a file; @@ is an @
  --system '...'               a system message, a template too
  --messages chat.json         the whole array of messages; every string in it
                               is a template:
                               [{"role": "user", "content": "{{.question}}"}]

A field that an item has not is an error that names the line, before anything
is sent; {{with .note}}...{{end}} and {{default "none" .note}} allow for it.
Null prints as nothing, arrays and objects print as JSON. Of a name that an
item has twice, the first counts.

Items that carry "messages" or "body" are sent as they are; --model, --param
and --body add only what they lack.

--param temperature=0.2 sets a field of the request. A value that is not JSON
is a string: --param stop=END. --param goes before --body.

Functions, besides {{if}}, {{with}}, {{range}} and what else Go's templates have
`

const formatsText = `
What goes in and what comes out

Input, recognised by the name's ending, else by the content:
  .jsonl .ndjson .json   JSON Lines: one object, or one string, a line
  .csv .tsv              a header row; every field is a string
  .parquet .pq           Parquet: a row an item; see below
  .txt                   plain text: a line an item, seen as {{.text}}
  another name, a pipe   JSON Lines if the first line is a JSON object or
                         string; CSV or TSV if it is a header with every field
                         that the prompt names; else plain text
  batch lines            {"custom_id", "method", "url", "body"}, as OpenAI's
                         Batch API takes them: sent as they are
  .gz .zst               any of these but Parquet, compressed
  -                      standard input (--input-format says what it is)
Items that carry "messages" or "body" need no prompt: they are sent as they
are. A broken line becomes a row with an error; --strict stops before sending.
Blank lines are no items: "index" counts items, not lines. All is UTF-8; what
is not is sent as U+FFFD, and said before (--strict stops): 'iconv -f LATIN1 -t
UTF-8' converts a file. CSV is parted by commas.

A row of Parquet is an object of its columns, read page by page from a file (a
pipe cannot be gone back in: save it first). Its place is FILE:ROW, from 1.
  integers, DECIMAL      numbers, exact, with all their digits
  FLOAT, DOUBLE          numbers; NaN and infinity are null
  DATE, TIME, TIMESTAMP  ISO 8601: 2024-02-29T13:14:15.5Z, without the Z if the
                         column has no time zone (so the old INT96, too)
  STRING, ENUM, UUID     text
  JSON                   as it stands; what is no JSON, as text
  other bytes            base64
  lists, maps, structs   arrays and objects; a key that is no string is put in
                         quotes
Its compression may be zstd, snappy, gzip, brotli, lz4_raw or none. A file that
is damaged or encrypted stops the run, before anything is sent.

Output (-o FILE), --format jsonl: one line an item, in the order of completion.
The item's own fields come first, untouched (save for those named "index" and
"llm", in whose place come these), then:
  "index"   the item's position in the input, from 0
  "llm"     the answer:
    response           the text; \u escapes beyond ASCII stand as characters
    responses          with n > 1, all of them
    tool_calls, refusal, reasoning      where there are any
    finish_reason      as the server gave it
    requests           sent for the item in this session
    usage              {"prompt_tokens", "completion_tokens"}, of all of them
    cost_usd           of all of them
    ttft_ms, total_ms  of the attempt that was answered
    model, request_id  as the server gave them
    value              what a check made of the answer (see 'paceline help
                       checks'); values with n > 1, of all of them
    repaired, repairs  true, and how, where --repair mended the answer
    error              only where the item failed or no answer was accepted:
                       {"code", "message", "status", "attempts"}, with several
                       endpoints "endpoint", its name, and as far as the server
                       gave them "provider_code" and "body". Code is
                       invalid_answer, truncated, content_filter or refused
                       where there is an answer, and it is kept as "response".
                       Attempts are those that --attempts counts: an answer
                       asked for again, a wait that the server told of and a
                       second call of --hedge are requests, not attempts
What is not known is null. A failed item has its row too: "response" is null
and "error" says why. To see them:  jq -c 'select(.llm.error)' FILE
A line of text stands as "text", one that could not be read as "raw".

--format batch writes the lines of OpenAI's Batch API, --format response only
the raw response bodies.

Beside FILE stands the folder FILE.paceline with the run's journal: what is
done, what was in flight. The same command again continues from it. Once you
need no more runs on FILE it may be deleted.
`

const checksText = `
What an answer must be, and asking again

  --schema FILE      JSON that fits a JSON Schema: of draft 4, 6, 7, 2019-09 or
                     2020-12, as its $schema says, without it 2020-12. Formats
                     (date, email, uri, uuid, ...) are asserted, patterns are
                     RE2. A $ref may lead to files beside the schema; nothing is
                     ever fetched. It is sent as response_format, with "strict"
                     if it is such as OpenAI takes so, unless --schema-mode
                     check; and it is checked here in any case
  --json             one JSON value of any kind
  --match REGEX      a pattern (RE2) that matches the whole answer, as if it
                     stood between ^ and $: 'yes|no', '(?s).*Answer: (\w+)'
  --one-of A,B,...   one of some labels; --ignore-case takes yes for Yes;
                     @FILE has a label a line

Blanks around an answer do not count. With n > 1 every choice must pass. An
answer that is one tool call and no text is judged by the call's arguments. An
empty answer passes no check. Items that bring their own response_format keep
it, batch lines are sent as they are; their answers are checked all the same.

"value" in the row is what came of it, so that nobody has to parse a string:
the JSON; the label as it is listed; what the pattern's group matched, of
several groups an array, or an object if they are named, without groups the
answer. "response" beside it stays as the server gave it.

--repair takes JSON out of a fence or other text, and mends small mistakes
(quotes, commas, comments, a missing bracket). The row then has "repaired":
true and "repairs". What was cut off at its limit is never completed.

Asking again: an answer that does not pass is asked for again, up to --asks
answers in all (4), with the invalid answer and what was wrong with it
(--feedback off: by the same request). --escalate model=gpt-4o,temperature=1
asks so from the 2nd answer on, --escalate ask=4,model=... from the 4th; each
model has its own price. Then the last answer is kept, with "error".

How an item ends whose answer is not accepted (the error's code, the summary,
exit code 2):
  invalid     "invalid_answer": it did not pass; asked for again
  truncated   "truncated": cut off at max_tokens. With a check: asked for again,
              unless it passes all the same (a label, whole JSON). Without one
              not: raise max_tokens, or say --allow-truncated
  filtered    "content_filter": withheld by the provider's filter, before or in
              the answer; not asked for again, save where --escalate begins
  refused     "refused": the model's refusal; likewise
--retry-failed sends all of them again, and what failed. Other --asks,
--feedback and --escalate are then welcome; another schema or check is refused
without --allow-changes.
`

const environmentText = `
The variables that are read

  OPENAI_API_KEY    the key, unless --api-key-env names another variable. A
                    key is never taken from the command line, and never
                    written to a file, a row or a message.
  OPENAI_BASE_URL   the base URL, unless --base-url is given; without both
                    https://api.openai.com/v1
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY
                    the proxy, as for any other program
  SSL_CERT_FILE     on Linux, a file of the authorities that https:// servers
                    are trusted by, instead of the system's; --ca-file adds
                    to those, everywhere
  PACELINE_UI_TOKEN the token of the page of --ui (docs/page.md)
  NO_COLOR          when set to anything, no colours
  TERM=dumb         when set, plain lines instead of the live block

No key is needed for a server of your own: localhost, a private address, a
name without a dot.
`
