package lint

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Module is the path of the module that the rules are for.
const Module = "github.com/seed-1814a72b/paceline"

// A Room is a package, with the packages below it, and what of the module its
// code may import beside itself. Test files may import anything.
type Room struct {
	Name string   // below the module; "." is the library
	May  []string // names of rooms; "*" is every room but cmd/paceline
	Why  string   // the rule in words
}

var (
	nothing = []string(nil)
	library = []string{"."}
	upper   = []string{
		".", "provider/openai", "sim", "dataset", "journal",
		"internal/flow", "internal/backoff", "internal/sse", "internal/hist",
		"internal/prompt", "internal/schema", "internal/check", "internal/price",
		"internal/advice", "internal/chart", "internal/failures", "internal/numeral", "internal/tamed", "internal/waste",
	}
)

// Rooms is the table: imports point down only. A package that stands in no
// room is an error, so that a new one gets its rule in the commit that adds it.
var Rooms = []Room{
	{"cmd/paceline", []string{"internal/cli"}, "main calls cli.Main and nothing else"},
	{"internal/cli", []string{"*"}, "the command line may use all that lies below it"},
	{"internal/command", []string{".", "journal", "internal/keyboard", "internal/numeral", "internal/prose", "internal/tamed"}, "what every command is made of knows no command"},
	{"internal/status", []string{".", "internal/numeral", "internal/price", "internal/prose", "internal/reach", "internal/tamed", "internal/value"}, "how a run stands knows the contract, and how figures are written"},
	{"internal/reach", []string{".", "internal/http1", "internal/prose"}, "why a server is not heard of is told by the contract, and by what connections say"},
	{"internal/pool", []string{".", "provider/openai", "internal/command", "internal/reach", "internal/spelling", "internal/value"}, "the endpoints of a run know the contract, the adapter, and how flags are written"},
	{"internal/control", []string{".", "journal", "internal/command", "internal/numeral", "internal/pool", "internal/price", "internal/status"}, "orders to a run know how it stands and its endpoints, and nobody who shows it"},
	{"internal/live", []string{".", "internal/command", "internal/failures", "internal/numeral", "internal/price", "internal/prose", "internal/status", "internal/tamed"}, "the terminal shows how a run stands; whoever steers it comes in as an interface"},
	{"internal/summary", []string{".", "journal", "internal/advice", "internal/numeral", "internal/price", "internal/prose", "internal/status", "internal/tamed", "internal/waste"}, "what a run came to is told from its counters and its journal"},
	{"internal/identity", nothing, "what makes two runs the same is compared field by field"},
	{"internal/runs", append(slices.Clone(upper), "internal/command", "internal/control", "internal/identity", "internal/inspect", "internal/manual", "internal/prose", "internal/report", "internal/status", "internal/summary", "internal/value"), "the commands that read journals know them, and the questions, the report and the summary"},
	{"internal/chronicle", []string{".", "internal/failures", "internal/jsontext", "internal/numeral", "internal/status", "internal/value"}, "what happens is written down as the contract and the state tell it"},
	{"internal/interrupt", []string{"internal/command", "internal/numeral"}, "signals end whatever can be shut down"},
	{"internal/simulate", []string{".", "sim", "internal/command", "internal/manual", "internal/numeral", "internal/prose", "internal/spelling", "internal/value"}, "the command knows the simulator"},
	{"internal/manual", []string{"internal/prose", "internal/spelling", "internal/value"}, "help pages know how flags are written only"},
	{"internal/value", []string{"internal/numeral"}, "values of flags know how figures are written only"},
	{"internal/dash", append(slices.Clone(upper), "internal/jsonscan"), "the dashboard, which reads the status that it is given, lies beside the other front rooms, above the library"},
	{"internal/report", append(slices.Clone(upper), "internal/inspect"), "the report lies beside the other front rooms, above the library and the questions"},
	{"internal/inspect", []string{".", "journal", "internal/failures", "internal/hist"}, "questions about a run know its journal, and the codes of the contract"},
	{".", []string{"internal/flow", "internal/backoff", "internal/hist", "internal/processor", "internal/jsonscan", "internal/jsontext", "journal"}, "the library knows no provider, format or front room"},
	{"provider/openai", []string{".", "internal/sse", "internal/http1", "internal/multiplex", "internal/coalesce", "internal/jsonscan", "internal/jsontext"}, "an adapter knows the contract, the event stream, the connections, and how to check and write JSON only"},
	{"provider/providertest", library, "the conformance suite knows the contract only"},
	{"metrics", library, "metrics know the contract only"},
	{"sim", library, "the simulator knows the contract only"},
	{"dataset", []string{".", "internal/jsonscan", "internal/jsontext"}, "sources and sinks know the contract, and how to read and write JSON"},
	{"internal/prompt", []string{".", "internal/jsonscan", "internal/jsontext", "internal/spelling"}, "templates know the contract, how to read and write JSON, and to guess a name"},
	{"internal/schema", []string{".", "internal/jsontext"}, "validation knows the contract, and what strings of JSON stand for"},
	{"internal/check", []string{".", "internal/schema", "internal/prompt", "internal/jsontext"}, "checks of answers know the contract, schemas, parameters and JSON's strings only"},
	{"internal/advice", library, "advice knows the contract only"},
	{"internal/price", library, "prices know the contract only"},
	{"internal/flow", nothing, "admission is pure and imports nothing of ours"},
	{"internal/backoff", nothing, "backoff is pure and imports nothing of ours"},
	{"internal/garbage", []string{"internal/processor"}, "how often garbage is collected is the process's affair, and a matter of what that costs"},
	{"internal/processor", nothing, "reading the processor's use imports nothing of ours"},
	{"internal/keyboard", nothing, "reading keys imports nothing of ours"},
	{"internal/logfile", nothing, "writing a log down imports nothing of ours"},
	{"internal/failures", library, "what is alike among failures is told by the contract only"},
	{"internal/http1", []string{"internal/coalesce"}, "connections know how their reads are coalesced only"},
	{"internal/multiplex", nothing, "connections that many share import nothing of ours"},
	{"internal/coalesce", nothing, "coalescing reads imports nothing of ours"},
	{"internal/sse", nothing, "the decoder imports nothing of ours"},
	{"internal/jsonscan", nothing, "scanning JSON imports nothing of ours"},
	{"internal/jsontext", nothing, "writing JSON imports nothing of ours"},
	{"internal/spelling", nothing, "guessing words imports nothing of ours"},
	{"internal/tamed", nothing, "taming text imports nothing of ours"},
	{"internal/numeral", nothing, "writing numbers imports nothing of ours"},
	{"internal/prose", nothing, "breaking and cutting text imports nothing of ours"},
	{"internal/witness", []string{"sim"}, "the witness of the tests knows the simulator only"},
	{"internal/waste", []string{".", "journal"}, "the ledger of waste knows the codes and the journal's accounts only"},
	{"internal/hist", nothing, "histograms import nothing of ours"},
	{"internal/chart", nothing, "charts draw what they are given and import nothing of ours"},
	{"journal", nothing, "the journal imports nothing of ours"},
	{"internal/demo", nothing, "the demo's data imports nothing of ours"},
	{"internal/lint", nothing, "the linter imports nothing of ours"},
	{"bench", []string{"*"}, "benchmarks may use anything"},
	{"e2e", []string{"*"}, "end-to-end tests may use anything"},
}

// CheckImports returns what is wrong with the imports of one package, one line
// for each, nil for nothing. Imports outside of the module are no concern.
func CheckImports(pkg string, imports []string) (faults []string) {
	from, ok := roomOf(pkg)
	if !ok {
		return []string{fmt.Sprintf("%s stands in no room: add it to the table in internal/lint/rooms.go", pkg)}
	}
	for _, imported := range imports {
		if inModule(imported) && !from.allows(imported) {
			faults = append(faults, fmt.Sprintf("%s may not import %s: %s", pkg, imported, from.Why))
		}
	}
	return faults
}

func (r Room) allows(imported string) bool {
	to, ok := roomOf(imported)
	if !ok {
		return true // reported where it stands
	}
	if to.Name == r.Name {
		return true
	}
	for _, may := range r.May {
		if may == to.Name || may == "*" && to.Name != "cmd/paceline" {
			return true
		}
	}
	return false
}

// roomOf returns the innermost room that a package of the module lies in.
func roomOf(pkg string) (Room, bool) {
	name := strings.TrimPrefix(strings.TrimPrefix(pkg, Module), "/")
	for ; name != "" && name != "."; name = path.Dir(name) {
		for _, r := range Rooms {
			if r.Name == name {
				return r, true
			}
		}
	}
	for _, r := range Rooms {
		if r.Name == "." && pkg == Module {
			return r, true
		}
	}
	return Room{}, false
}

func inModule(pkg string) bool { return pkg == Module || strings.HasPrefix(pkg, Module+"/") }
