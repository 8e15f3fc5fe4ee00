package cli

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/pprof"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// The files of --profile, both for `go tool pprof`.
const (
	cpuProfile    = "cpu.pprof"    // where the time went, sampled 100 times a second
	memoryProfile = "memory.pprof" // what was allocated since the start, and what was live at the end
)

func (f *runFlags) defineProfile(s *pflag.FlagSet) {
	value.Text(s, &f.profile, "profile", "", "DIR", "write where the command's own time and memory went into this folder at the end, also after Ctrl-C: cpu.pprof and memory.pprof, for 'go tool pprof'")
}

// profiled does work, and writes where its time and memory went into folder,
// which is made; "" is none. The files are written however work ends, also by
// a signal; only a kill leaves none. Work's error comes before that of the
// writing. One profile can be taken at a time in a process.
func profiled(env *command.Env, folder string, work func() error) (err error) {
	if folder == "" {
		return work()
	}
	err = env.MkdirAll(folder)
	if err == nil {
		err = env.Probe(folder)
	}
	if err != nil {
		return fmt.Errorf("--profile: %w; give a folder that can be written to", err)
	}
	var cpu bytes.Buffer // compressed as it comes: some 100 KB
	if err := pprof.StartCPUProfile(&cpu); err != nil {
		return fmt.Errorf("--profile: %w", err)
	}
	defer func() {
		pprof.StopCPUProfile()
		if failed := writeProfiles(env, folder, cpu.Bytes()); err == nil && failed != nil {
			err = fmt.Errorf("--profile: %w; the rows are written all the same", failed)
		}
	}()
	return work()
}

func writeProfiles(env *command.Env, folder string, cpu []byte) error {
	runtime.GC() // what is live is known after a collection only
	var memory bytes.Buffer
	if err := pprof.Lookup("allocs").WriteTo(&memory, 0); err != nil {
		return err
	}
	return errors.Join(
		env.WriteFile(filepath.Join(folder, cpuProfile), cpu),
		env.WriteFile(filepath.Join(folder, memoryProfile), memory.Bytes()),
	)
}
