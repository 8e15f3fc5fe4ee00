package cli

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
)

// TestSimServes starts the simulator on a free port, calls it, and ends it by
// a signal.
func TestSimServes(t *testing.T) {
	env, _, stderr := testEnv("sim", "--addr", "127.0.0.1:0", "--rpm", "1k", "--ttft", "1ms", "--keys", "sk-one,sk-two")
	signals := make(chan os.Signal, 1)
	env.Signals = signals
	out, in := io.Pipe()
	env.Stdout = in
	ended := make(chan int, 1)
	go func() {
		ended <- Main(t.Context(), env)
		in.Close()
	}()
	lines := bufio.NewReader(out)
	greeting, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	base, ok := strings.CutPrefix(greeting, "paceline sim: serving ")
	base, tail, _ := strings.Cut(base, " ")
	if !ok || tail != "(1,000 requests/min); Ctrl-C ends it\n" {
		t.Fatalf("the greeting is %q", greeting)
	}
	if try, _ := lines.ReadString('\n'); !strings.HasPrefix(try, "try: paceline run ") || !strings.Contains(try, base) {
		t.Errorf("the second line is %q, no command to try", try)
	}
	if got := ask(t, base, "sk-two"); got != "positive" {
		t.Errorf("the answer is %q", got)
	}
	if got := ask(t, base, "sk-three"); !strings.Contains(got, "Incorrect API key") {
		t.Errorf("a key that is not accepted is answered %q", got)
	}
	signals <- os.Interrupt
	farewell, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != command.ExitDone || stderr.Len() > 0 {
		t.Errorf("exit %d, standard error %q", code, stderr)
	}
	for _, want := range []string{"Saw 2 requests on ", "1 to the end", "1 x 200   1 x 401", "2 in a minute"} {
		if !strings.Contains(string(farewell), want) {
			t.Errorf("the ledger lacks %q:\n%s", want, farewell)
		}
	}
}

// ask returns the answer to a question, or the error's message.
func ask(t *testing.T, base, key string) string {
	t.Helper()
	body := `{"model":"m","messages":[{"role":"user","content":"One of: positive, negative, mixed. I love it, it is great"}]}`
	req, err := http.NewRequestWithContext(t.Context(), "POST", base+"/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if m := gjson.GetBytes(answer, "error.message"); m.Exists() {
		return m.String()
	}
	return gjson.GetBytes(answer, "choices.0.message.content").String()
}
