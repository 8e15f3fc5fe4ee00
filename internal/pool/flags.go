package pool

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/value"
)

// Flags is what `paceline run` is told of where calls go and what may be sent
// there, as it was written.
type Flags struct {
	baseURL, keyEnv string
	Limits                         // of the one endpoint of BaseURL
	endpoints       []endpointSpec // a pool, instead of BaseURL and its limits
	endpointsFile   string
	caFile          string // "": the system's authorities alone
	NoStream        bool
	ModelLimits     []modelLimit
}

// defaultKeyEnv is the variable that holds the key unless another one is named.
const defaultKeyEnv = "OPENAI_API_KEY"

// DefaultFlags are those of a command line that says nothing.
func DefaultFlags() Flags {
	return Flags{Limits: Limits{Window: "bucket"}, keyEnv: defaultKeyEnv}
}

// DefineEndpoints defines the flags that say where calls go.
func (f *Flags) DefineEndpoints(s *pflag.FlagSet) {
	value.Text(s, &f.baseURL, "base-url", "", "URL", "the API's base URL (OPENAI_BASE_URL, else https://api.openai.com/v1); a query, such as Azure's ?api-version=..., is sent with every call")
	value.Text(s, &f.keyEnv, "api-key-env", "", "VARIABLE", "the environment variable that holds the key; a key is never given as a flag")
	s.Var(specList{&f.endpoints}, "endpoint", "one of several endpoints that share the calls, instead of --base-url; repeatable. After the URL may follow key=VARIABLE (only the key that it names is sent there), name=, weight= (its share of the calls, 1), and its own rpm=, rps=, tpm=, usd-per-hour=, concurrency=, window=; a limit that is not given is learnt")
	value.Text(s, &f.endpointsFile, "endpoints", "", "FILE", "the same from a file, an endpoint a line; # begins a comment")
	value.Text(s, &f.caFile, "ca-file", "", "FILE", "trust the authorities in this file too, PEM text, to vouch for https:// servers: for a private one; every server is verified in any case")
	s.BoolVar(&f.NoStream, "no-stream", false, "do not stream from the server: for servers that cannot")
}

// DefineLimits defines the flags that say what may be sent there.
func (f *Flags) DefineLimits(s *pflag.FlagSet) {
	s.Var(f.value("rpm"), "rpm", "at most N requests a minute; 10k and 2M are understood; auto follows what the server says in its headers, and else finds out by what it refuses")
	s.Var(f.value("rps"), "rps", "at most N requests a second; beside --rpm the lower of them counts")
	s.Var(f.value("tpm"), "tpm", "at most N tokens a minute, in and out together")
	s.Var(f.value("usd-per-hour"), "usd-per-hour", "spend at most so many US dollars an hour; the prices must be known (--price)")
	s.Var(f.value("concurrency"), "concurrency", "at most N calls at once; auto adapts to what the server bears")
	s.Var(f.value("window"), "window",
		"how the limits are kept: evenly, with small bursts, or strictly, sending no more than the limit in any window that the server could count")
	s.Var(modelLimits{&f.ModelLimits}, "model-limit", "limits of one model's calls beside the others: gpt-4o,rpm=500,tpm=30k, with the names of the flags above, and perhaps endpoint=NAME; repeatable. What is not given is learnt for each model")
}

// Check refuses what --base-url has and each endpoint of a pool has for
// itself.
func (f *Flags) Check() error {
	flag := "--endpoint"
	switch {
	case len(f.endpoints) > 0 && f.endpointsFile != "":
		return errors.New("--endpoint and --endpoints both name the endpoints; give one of them")
	case f.endpointsFile != "":
		flag = "--endpoints"
	case len(f.endpoints) == 0:
		return nil
	}
	if f.baseURL != "" {
		return fmt.Errorf("--base-url and %s both say where calls go; give one of them", flag)
	}
	if f.keyEnv != defaultKeyEnv {
		return fmt.Errorf("--api-key-env goes with --base-url; with %s each endpoint names its own: URL,key=%s", flag, f.keyEnv)
	}
	usual := DefaultFlags()
	for _, name := range limitNames {
		if given := f.value(name).String(); given != usual.value(name).String() {
			return fmt.Errorf("--%s goes with --base-url; with %s each endpoint has its own: URL,%s=%s", name, flag, name, given)
		}
	}
	return nil
}
