package cli

import (
	"context"

	"github.com/seed-1814a72b/paceline/internal/command"
)

// Run is the whole of the program: [Main] over [command.System], to which edits may add
// what this program has and others have not.
func Run(edits ...func(*command.Env)) int {
	env, stop := command.System()
	defer stop()
	for _, edit := range edits {
		edit(&env)
	}
	return Main(context.Background(), env)
}
