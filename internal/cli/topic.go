package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
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
		{"formats", "what goes in and what comes out", formatsText},
		{"environment", "the variables that are read", environmentText},
		{"exit-codes", "how the program ends", "How the program ends\n\n" + exitCodes + "\n"},
	}
}

const formatsText = `
What goes in and what comes out

Input, recognised by the name's ending, else by the content:
  .jsonl .ndjson .json   JSON Lines: one object, or one string, a line
  .csv .tsv              a header row; every field is a string
  anything else          plain text: a line an item, seen as {{.text}}
  batch lines            {"custom_id", "method", "url", "body"}, as OpenAI's
                         Batch API takes them: sent as they are
  .gz .zst               any of these, compressed
  -                      standard input (--input-format says what it is)
Items that carry "messages" or "body" need no prompt: they are sent as they
are. A broken line becomes a row with an error; --strict stops before sending.

Output (-o FILE), --format jsonl: one line an item, in the order of completion.
The item's own fields come first, untouched, then:
  "index"   the item's position in the input, from 0
  "llm"     {"response", "tool_calls", "finish_reason", "requests",
             "usage": {"prompt_tokens", "completion_tokens"}, "cost_usd",
             "ttft_ms", "total_ms", "model", "request_id",
             "error": {"code", "message", "status", "attempts"}}
  A failed item has its row too: "response" is null and "error" says why.
  To see the failures:  jq -c 'select(.llm.error) | .llm.error' FILE
--format batch writes the lines of OpenAI's Batch API, --format response only
the raw response bodies.

Beside FILE stands the folder FILE.paceline with the run's journal: what is
done, what was in flight. The same command again continues from it. Once you
need no more runs on FILE it may be deleted.
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
  NO_COLOR          when set to anything, no colours
  TERM=dumb         when set, plain lines instead of the live block

No key is needed for a server of your own: localhost, a private address, a
name without a dot.
`
