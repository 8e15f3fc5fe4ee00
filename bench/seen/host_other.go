//go:build !linux

package main

import (
	"errors"
	"os"
	"os/exec"
)

var errLinux = errors.New("the measurement runs on Linux only, as its server does")

func serveForever() error                           { return errLinux }
func openTerminal() (near, far *os.File, err error) { return nil, nil, errLinux }
func startOn(*exec.Cmd, *os.File) error             { return errLinux }
