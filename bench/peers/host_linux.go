package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/seed-1814a72b/paceline/bench/page"
)

// cores are the two processors that a measurement uses.
type cores struct{ server, client int }

// twoCores returns the first two that this process may use.
func twoCores() (cores, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return cores{}, os.NewSyscallError("sched_getaffinity", err)
	}
	var list []int
	for i := 0; i < 64*len(set) && len(list) < 2; i++ {
		if set.IsSet(i) {
			list = append(list, i)
		}
	}
	if len(list) < 2 {
		return cores{}, errors.New("there is one core only: the server and the client need one each")
	}
	return cores{list[0], list[1]}, nil
}

// startOn starts a process on one core. It ends with this thread, which is the
// program's first. The thread itself goes on beside the server.
func startOn(cmd *exec.Cmd, core int, cs cores) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := pin(core); err != nil {
		return err
	}
	return errors.Join(cmd.Start(), pin(cs.server))
}

// pin puts this thread, and what it starts, on a core.
func pin(core int) error {
	var set unix.CPUSet
	set.Set(core)
	return os.NewSyscallError("sched_setaffinity", unix.SchedSetaffinity(0, &set))
}

// resident returns the resident memory of a running process in bytes.
func resident(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			kib, err := strconv.ParseInt(strings.Fields(string(rest))[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("the system does not tell resident memory")
}

// machine describes where it was measured.
func machine() string {
	var uts unix.Utsname
	_ = unix.Uname(&uts)
	return fmt.Sprintf("%s, Linux %s, Go %s", page.Processor(),
		unix.ByteSliceToString(uts.Release[:]), goVersion())
}
