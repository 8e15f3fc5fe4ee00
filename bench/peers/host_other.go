//go:build !linux

package main

import (
	"errors"
	"os/exec"
)

type cores struct{ server, client int }

var errLinux = errors.New("the measurements run on Linux only: elsewhere a process cannot be put on a core")

func twoCores() (cores, error)            { return cores{}, errLinux }
func startOn(*exec.Cmd, int, cores) error { return errLinux }
func resident(int) (int64, error)         { return 0, errLinux }
func machine() string                     { return "?" }
func serveForever() error                 { return errLinux }
