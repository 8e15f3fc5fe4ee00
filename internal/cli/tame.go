package cli

import "github.com/seed-1814a72b/paceline/internal/tamed"

// tame returns text with what a terminal would act upon, rather than show, shown
// as U+FFFD: servers and items have a word in it. Lines and tabs stay.
var tame = tamed.Text
