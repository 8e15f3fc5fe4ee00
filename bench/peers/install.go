package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// cacheFolder makes the folder of what is installed, and returns its absolute
// path. The program is started in the root of the module.
func cacheFolder() (string, error) {
	if _, err := os.Stat("bench/peers/post.lua"); err != nil {
		return "", errors.New("bench/peers is not below this folder: start it in the root of the module, as make does")
	}
	path, err := filepath.Abs("bench/peers/.cache")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(filepath.Join(path, ".gitignore"), []byte("*\n"), 0o644)
}

// build compiles a package of a module, without cgo; folder is the module's.
func build(folder, pkg, to string) error {
	return commandIn(folder, []string{"CGO_ENABLED=0"}, "go", "build", "-trimpath", "-o", to, pkg)
}

func buildPaceline(cache string) error {
	return build(".", "./cmd/paceline", filepath.Join(cache, "paceline"))
}

func buildEngine(cache string) error {
	return build(".", "./bench/peers/engine", filepath.Join(cache, "engine"))
}

func buildGoPeers(cache string) error {
	return build("bench/peers/go", ".", filepath.Join(cache, "go-peers"))
}

// venv is the virtual environment of one package of Python: a peer that cannot
// be installed stops no other.
func venv(cache, client string) string { return filepath.Join(cache, "python-"+client) }

func installPython(cache, client string) error {
	folder, pins := venv(cache, client), "bench/peers/python/"+client+".txt"
	return once(folder, pins, func() error {
		if err := commandIn(".", nil, "python3", "-m", "venv", folder); err != nil {
			return err
		}
		return commandIn(".", nil, filepath.Join(folder, "bin", "python"), "-m", "pip", "install",
			"--quiet", "--disable-pip-version-check", "-r", pins)
	})
}

func nodeFolder(cache string) string { return filepath.Join(cache, "node") }

func installNode(cache string) error {
	folder := nodeFolder(cache)
	err := once(folder, "bench/peers/node/package.json", func() error {
		if err := copyFile("bench/peers/node/package.json", folder); err != nil {
			return err
		}
		return commandIn(folder, nil, "npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock")
	})
	if err != nil {
		return err
	}
	return copyFile("bench/peers/node/peer.mjs", folder) // it finds packages beside it
}

// wrkDebian is the version of Debian's package. Its library comes with it,
// since nothing is installed outside of the cache.
const wrkDebian = "4.1.0-3+b2"

func wrkFolder(cache string) string { return filepath.Join(cache, "wrk") }

func wrkProgram(cache string) string { return filepath.Join(wrkFolder(cache), "usr/bin/wrk") }

func wrkEnv(cache string) []string {
	libraries, _ := filepath.Glob(filepath.Join(wrkFolder(cache), "usr/lib/*-linux-gnu"))
	return []string{"LD_LIBRARY_PATH=" + strings.Join(libraries, ":")}
}

func installWrk(cache string) error {
	folder := wrkFolder(cache)
	return once(folder, "bench/peers/post.lua", func() error {
		err := commandIn(folder, nil, "apt-get", "download", "wrk="+wrkDebian, "libluajit-5.1-2")
		if err != nil {
			return err
		}
		packages, err := filepath.Glob(filepath.Join(folder, "*.deb"))
		for _, p := range packages {
			err = errors.Join(err, commandIn(folder, nil, "dpkg-deb", "-x", p, folder))
		}
		return err
	})
}

// once does work unless it was done before for the same content of pins. The
// folder is made anew.
func once(folder, pins string, work func() error) error {
	want, err := os.ReadFile(pins)
	if err != nil {
		return err
	}
	mark := filepath.Join(folder, "installed")
	if have, err := os.ReadFile(mark); err == nil && bytes.Equal(have, want) {
		return nil
	}
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755)); err != nil {
		return err
	}
	if err := work(); err != nil {
		return err
	}
	return os.WriteFile(mark, want, 0o644)
}

func copyFile(path, folder string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, filepath.Base(path)), data, 0o644)
}

// commandIn runs a program in a folder; its error has the last line of what
// the program said.
func commandIn(folder string, env []string, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), env...)
	said, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, lines[len(lines)-1])
}
