// Command paceline runs language-model API calls in bulk.
package main

import (
	"os"

	"github.com/seed-1814a72b/paceline/internal/cli"
)

func main() { os.Exit(cli.Run()) }
