package main

import "github.com/seed-1814a72b/paceline/bench/peers/serve"

// serveForever is the server's process.
func serveForever() error { return serve.Forever() }
