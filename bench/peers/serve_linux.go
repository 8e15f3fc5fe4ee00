package main

import (
	"fmt"

	"github.com/seed-1814a72b/paceline/bench/peers/serve"
)

// serveForever is the server's process: it prints its address first.
func serveForever() error {
	s, address, err := serve.Listen()
	if err != nil {
		return err
	}
	fmt.Println(address)
	return s.Serve()
}
