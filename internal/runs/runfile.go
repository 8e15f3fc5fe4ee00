// Package runs is the commands that tell of runs from their journals, whether these
// go on, have ended or were killed: inspect, ls and report.
package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/identity"
	"github.com/seed-1814a72b/paceline/journal"
)

// A runFile is a run of the past or the present as its journal has it. It is
// read without a lock and without changing anything.
type runFile struct {
	env  *command.Env
	name string // of the output, as it was given
	wait *command.Patience
}

// findRun returns the run that an argument names: by its output, or by the
// folder beside it. Where it is an input whose rows went to the default place,
// that is said.
func findRun(env *command.Env, name string) (*runFile, error) {
	if output, ok := strings.CutSuffix(strings.TrimRight(name, `/\`), ".paceline"); ok {
		name = output
	}
	if _, err := env.Stat(journal.Dir(name)); err == nil {
		return &runFile{env: env, name: name}, nil
	}
	if other, err := command.DefaultOutput([]string{name}); err == nil {
		if _, err := env.Stat(journal.Dir(other)); err == nil {
			return nil, fmt.Errorf("%s is no output of a run; did you mean %s?", name, other)
		}
	}
	return nil, fmt.Errorf("%s has no journal beside it (%s); name the file that a run's rows went to, 'paceline ls' finds some",
		name, journal.Dir(name))
}

// Visit tells v of the journal's records, as far as they are written. It shows
// that it is at work if that takes long, and ends when the user wants it to.
func (r *runFile) Visit(v journal.Visitor) error {
	return r.reading(func() error { return journal.Visit(r.name, r.wait.Visitor(v)) })
}

// read returns the journal with its totals.
func (r *runFile) read() (reader *journal.Reader, err error) {
	err = r.reading(func() error {
		reader, err = journal.Read(r.name)
		return err
	})
	return reader, err
}

// reading does f, which reads the journal.
func (r *runFile) reading(f func() error) error {
	r.wait = command.StartPatience(r.env, "reading the journal of "+r.name)
	defer r.wait.End()
	err := f()
	if e, ok := errors.AsType[*journal.Error](err); ok && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: there is no journal in it", e.Path)
	}
	return remedied(err)
}

// remedied says of a damaged journal which command mends it.
func remedied(err error) error {
	e, ok := errors.AsType[*journal.Error](err)
	if !ok || e.Code != journal.CodeCorrupt {
		return err
	}
	damage := *e
	damage.Remedy = "the 'paceline run' that wrote it makes it anew from the rows with --allow-changes"
	return &damage
}

// The states of a run.
const (
	stateRunning = "running" // a process writes it
	stateDone    = "done"    // each item of the input has its row
	stateEnded   = "ended"   // in good order, and nobody knows how many items the input has
	stateStopped = "stopped" // in good order, and items are left
	stateKilled  = "killed"  // not in good order; the same command continues
)

// stateOf returns the state of a run, and its process if it is running.
func stateOf(output string, rec *journal.Recovery, id *identity.Run) (state string, pid int, err error) {
	held, pid, err := journal.Held(output)
	switch {
	case err != nil:
		return "", 0, err
	case held:
		return stateRunning, pid, nil
	case id != nil && id.Items > 0 && rec.Rows() >= id.Items:
		return stateDone, 0, nil
	case !rec.Closed:
		return stateKilled, 0, nil
	case id == nil || id.Items == 0:
		return stateEnded, 0, nil
	}
	return stateStopped, 0, nil
}
