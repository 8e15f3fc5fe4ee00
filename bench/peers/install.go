package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-1814a72b/paceline/bench/install"
)

// cacheFolder makes the folder of what is installed, and returns its absolute
// path. The program is started in the root of the module.
func cacheFolder() (string, error) {
	if _, err := os.Stat("bench/peers/post.lua"); err != nil {
		return "", errors.New("bench/peers is not below this folder: start it in the root of the module, as make does")
	}
	return install.Cache("bench/peers/.cache")
}

// build compiles a package of a module, without cgo; folder is the module's.
func build(folder, pkg, to string) error {
	return install.Command(folder, []string{"CGO_ENABLED=0"}, "go", "build", "-trimpath", "-o", to, pkg)
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
	return install.Python(venv(cache, client), "bench/peers/python/"+client+".txt")
}

func nodeFolder(cache string) string { return filepath.Join(cache, "node") }

func installNode(cache string) error {
	folder := nodeFolder(cache)
	err := install.Once(folder, "bench/peers/node/package.json", func() error {
		if err := copyFile("bench/peers/node/package.json", folder); err != nil {
			return err
		}
		return install.Command(folder, nil, "npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock")
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
	return install.Once(folder, "bench/peers/post.lua", func() error {
		err := install.Command(folder, nil, "apt-get", "download", "wrk="+wrkDebian, "libluajit-5.1-2")
		if err != nil {
			return err
		}
		packages, err := filepath.Glob(filepath.Join(folder, "*.deb"))
		for _, p := range packages {
			err = errors.Join(err, install.Command(folder, nil, "dpkg-deb", "-x", p, folder))
		}
		return err
	})
}

func copyFile(path, folder string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, filepath.Base(path)), data, 0o644)
}
