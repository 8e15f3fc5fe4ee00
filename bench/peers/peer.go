package main

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-1814a72b/paceline/bench/install"
)

// A peer is a client to measure.
type peer struct {
	name, language string
	version        func() string
	install        func(cache string) error
	command        func(b *bench, t task) command
	absent         error // why it could not be installed
}

// A task is what a client is to do.
type task struct {
	row           *row
	url           string // the base URL, with /v1
	concurrency   int
	input, output string // of clients that have them
	certificate   string // the file of what is to be trusted beside or instead of the system's; "": none
}

// A command is a process to start.
type command struct {
	path string
	args []string
	env  []string // beside the harness's own
}

// allPeers returns the peers in the order of the tables: Paceline, then by
// language, the floor last.
func allPeers() []*peer {
	return []*peer{
		{name: "paceline run", language: "Go", version: ownVersion, install: buildPaceline, command: pacelineRun},
		{name: "paceline Engine", language: "Go", version: ownVersion, install: buildEngine, command: same("engine")},
		goPeer("net/http", goVersion),
		goPeer("net/http+json", goVersion),
		goPeer("fasthttp", goModule("github.com/valyala/fasthttp")),
		goPeer("go-openai", goModule("github.com/sashabaranov/go-openai")),
		goPeer("openai-go", goModule("github.com/openai/openai-go/v3")),
		pythonPeer("aiohttp", "aiohttp"),
		pythonPeer("httpx", "httpx"),
		pythonPeer("openai-python", "openai"),
		pythonPeer("litellm", "litellm"),
		{name: "openai-node", language: "Node", version: nodeVersion, install: installNode, command: node},
		{name: "wrk", language: "C", version: wrkVersion, install: installWrk, command: wrk},
	}
}

func peerName(p *peer) string { return p.name }

func peerNames() string {
	var names []string
	for _, p := range allPeers() {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

func goPeer(name string, version func() string) *peer {
	return &peer{name: name, language: "Go", version: version, install: buildGoPeers,
		command: same("go-peers", "-client", name)}
}

func pythonPeer(name, client string) *peer {
	command := func(b *bench, t task) command {
		c := flags(t)
		c.path = install.Interpreter(venv(b.cache, client))
		c.args = append([]string{"bench/peers/python/peer.py", "--client", client}, c.args...)
		return c
	}
	return &peer{name: name, language: "Python", version: pythonPackage(client),
		install: func(cache string) error { return installPython(cache, client) }, command: command}
}

// same returns the command of a program in the cache that takes the flags that
// most peers have.
func same(program string, args ...string) func(*bench, task) command {
	return func(b *bench, t task) command {
		c := flags(t)
		c.path, c.args = filepath.Join(b.cache, program), append(args[:len(args):len(args)], c.args...)
		return c
	}
}

// flags returns the flags that most peers have. Those of Go take two dashes as
// one.
func flags(t task) command {
	args := []string{"--url", t.url, "--mode", t.row.mode, "--concurrency", strconv.Itoa(t.concurrency),
		"--want", strconv.Itoa(t.row.want)}
	if t.row.mode == "bulk" {
		args = append(args, "--input", t.input, "--output", t.output)
	}
	return command{args: args}
}

func node(b *bench, t task) command {
	c := flags(t)
	c.path, c.args = "node", append([]string{filepath.Join(nodeFolder(b.cache), "peer.mjs")}, c.args...)
	return c
}

// wrk makes calls without end from one thread, and looks at no answer.
func wrk(b *bench, t task) command {
	c := command{path: wrkProgram(b.cache), env: wrkEnv(b.cache)}
	stream := strconv.FormatBool(t.row.mode == "stream")
	c.args = []string{"-t", "1", "-c", strconv.Itoa(t.concurrency), "-d", "3600s", "--timeout", "10s",
		"-s", "bench/peers/post.lua", t.url + "/chat/completions", stream}
	return c
}

// pacelineRun is the whole of the command: admission, deadlines, statistics,
// the journal and the output file, all as they are by default but for the
// number of calls at once. It has to prove nothing by its size of input: a run
// that would end within the measurement is given more items.
func pacelineRun(b *bench, t task) command {
	args := []string{"run", t.input, "-o", t.output, "-m", "bench", "-p", "{{.text}}",
		"--base-url", t.url, "--concurrency", strconv.Itoa(t.concurrency)}
	if t.row.mode != "stream" {
		args = append(args, "--no-stream")
	}
	return command{path: filepath.Join(b.cache, "paceline"), args: args, env: []string{"OPENAI_API_KEY=none"}}
}
