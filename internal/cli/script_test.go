package cli

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/sim"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"paceline": func() { os.Exit(Run()) },
	})
}

// TestScript runs testdata/script/*.txtar, the command line's manual. Beside
// testscript's own commands they have:
//
//	provider [KEY=VALUE...]   start a simulated provider and point
//	                          OPENAI_BASE_URL at it
//	ledger PATH VALUE         what the provider saw, by a path into its ledger;
//	                          <=VALUE: at most
//	sent PATTERN              whether any request's body matches; the provider
//	                          needs keep=true
//	lines FILE N              how many lines a file has
//	json FILE PATH VALUE      a value of a JSON file
//	same FILE PATH FILE PATH  whether two values of JSON files are the same
//	eventually FILE           wait for a file that is not empty
//
// $PARQUET is the folder of the Parquet files of the room dataset.
func TestScript(t *testing.T) {
	parquet, err := filepath.Abs("../../dataset/testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PARQUET", parquet)
			env.Setenv("OPENAI_API_KEY", "sk-canary-1234567890")
			env.Values[serverKey{}] = new(*sim.Server)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"provider": provider, "ledger": ledger, "sent": sent, "lines": lines, "json": jsonValue, "same": sameValue, "eventually": eventually,
		},
	})
}

type serverKey struct{}

func provider(ts *testscript.TestScript, neg bool, args []string) {
	var cfg sim.Config
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		ts.Check(setProvider(&cfg, name, value))
	}
	server, err := sim.New(cfg)
	ts.Check(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	hs := server.HTTPServer()
	go hs.Serve(l)
	ts.Defer(func() {
		hs.Close()
		server.Close()
	})
	*ts.Value(serverKey{}).(**sim.Server) = server
	ts.Setenv("OPENAI_BASE_URL", "http://"+l.Addr().String()+"/v1")
}

func setProvider(cfg *sim.Config, name, value string) (err error) {
	number := func() int {
		n, e := strconv.Atoi(value)
		err = e
		return n
	}
	switch name {
	case "rps":
		cfg.Limits.RPS = number()
	case "rpm":
		cfg.Limits.RPM = number()
	case "window":
		cfg.Limits.Window, err = sim.ParseWindow(value)
	case "quota":
		cfg.Quota = number()
	case "key":
		cfg.APIKeys = []string{value}
	case "model":
		cfg.Models = []string{value}
	case "ttft":
		cfg.TTFT, err = sim.ParseDurations(value)
	case "errors":
		cfg.Errors, err = sim.ParseFaults(value)
	case "keep":
		cfg.KeepRequests = value == "true"
	case "tokens":
		cfg.Tokens, err = sim.ParseCounts(value)
	default:
		panic("provider: unknown setting " + name)
	}
	return err
}

func ledger(ts *testscript.TestScript, neg bool, args []string) {
	server := *ts.Value(serverKey{}).(**sim.Server)
	w := &response{header: http.Header{}}
	r, err := http.NewRequest("GET", "/stats", nil)
	ts.Check(err)
	server.ServeHTTP(w, r)
	got := gjson.GetBytes(w.body, args[0])
	ok := got.String() == args[1]
	if most, bound := strings.CutPrefix(args[1], "<="); bound {
		n, err := strconv.ParseInt(most, 10, 64)
		ts.Check(err)
		ok = got.Int() <= n
	}
	if ok == neg {
		ts.Fatalf("the ledger's %s is %s", args[0], got.Raw)
	}
}

func sent(ts *testscript.TestScript, neg bool, args []string) {
	pattern := regexp.MustCompile(args[0])
	server := *ts.Value(serverKey{}).(**sim.Server)
	found := false
	for _, r := range server.Ledger().Records {
		found = found || pattern.MatchString(r.Body)
	}
	if found == neg {
		ts.Fatalf("of %d requests, one matches: %v", len(server.Ledger().Records), found)
	}
}

// response keeps what a handler writes.
type response struct {
	header http.Header
	body   []byte
}

func (r *response) Header() http.Header { return r.header }
func (r *response) WriteHeader(int)     {}
func (r *response) Write(b []byte) (int, error) {
	r.body = append(r.body, b...)
	return len(b), nil
}

func lines(ts *testscript.TestScript, neg bool, args []string) {
	got := strings.Count(ts.ReadFile(args[0]), "\n")
	if (strconv.Itoa(got) == args[1]) == neg {
		ts.Fatalf("%s has %d lines", args[0], got)
	}
}

func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if got := gjson.Get(ts.ReadFile(args[0]), args[1]); (got.Raw == args[2]) == neg {
		ts.Fatalf("%s of %s is %s", args[1], args[0], got.Raw)
	}
}

func sameValue(ts *testscript.TestScript, neg bool, args []string) {
	a, b := gjson.Get(ts.ReadFile(args[0]), args[1]), gjson.Get(ts.ReadFile(args[2]), args[3])
	if (a.Exists() && a.Raw == b.Raw) == neg {
		ts.Fatalf("%s is %s, %s is %s", args[1], a.Raw, args[3], b.Raw)
	}
}

// patience is how long a test waits for what should come at once: it only keeps one
// that waits in vain from lasting for ever.
const patience = 5 * time.Minute

func eventually(ts *testscript.TestScript, neg bool, args []string) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if info, err := os.Stat(ts.MkAbs(args[0])); err == nil && info.Size() > 0 {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	ts.Fatalf("%s stays empty", args[0])
}
