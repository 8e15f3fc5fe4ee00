package main

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
)

// The versions stand where the package managers read them; here they are only
// looked up.

func goModule(path string) func() string {
	return func() string { return pinned("bench/peers/go/go.mod", regexp.QuoteMeta(path)+` v(\S+)`) }
}

func pythonPackage(name string) func() string {
	return func() string {
		return pinned("bench/peers/python/"+name+".txt", `(?m)^`+name+`==(\S+)`) + ", Python " + said("python3", "--version")
	}
}

func nodeVersion() string {
	return pinned("bench/peers/node/package.json", `"openai": "([^"]+)"`) + ", Node " + said("node", "--version")
}

func wrkVersion() string { return wrkDebian }

func goVersion() string { return strings.TrimPrefix(runtime.Version(), "go") }

// ownVersion is the revision of the work tree.
func ownVersion() string { return said("git", "describe", "--always", "--dirty", "--abbrev=10") }

// pinned returns what the pattern's group matches in a file, "?" for nothing.
func pinned(file, pattern string) string {
	data, err := os.ReadFile(file)
	if m := regexp.MustCompile(pattern).FindSubmatch(data); err == nil && m != nil {
		return string(m[1])
	}
	return "?"
}

// said returns the last word that a program printed, without a v before it.
func said(program string, args ...string) string {
	out, err := exec.Command(program, args...).Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) == 0 {
		return "?"
	}
	return strings.TrimPrefix(words[len(words)-1], "v")
}
