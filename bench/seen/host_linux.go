package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/seed-1814a72b/paceline/bench/peers/serve"
)

// serveForever is the server's process.
func serveForever() error { return serve.Forever() }

// openTerminal returns the end of a new pseudo-terminal that people look at, and
// the one that programs write to.
func openTerminal() (near, far *os.File, err error) {
	if near, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0); err != nil {
		return nil, nil, err
	}
	var number int
	conn, err := near.SyscallConn() // Fd would make it block, and Close wait for its reader
	if err == nil {
		err = conn.Control(func(fd uintptr) { number, err = unlock(int(fd)) })
	}
	if err == nil {
		far, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		near.Close()
	}
	return near, far, err
}

// unlock makes a terminal of 120 columns usable and returns its number.
func unlock(fd int) (int, error) {
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return 0, os.NewSyscallError("ioctl", err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 120}); err != nil {
		return 0, os.NewSyscallError("ioctl", err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	return number, os.NewSyscallError("ioctl", err)
}

// startOn starts a process in the foreground of a terminal.
func startOn(cmd *exec.Cmd, terminal *os.File) error {
	cmd.Stdin, cmd.Stderr = terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "LANG=C.UTF-8")
	return cmd.Start()
}
