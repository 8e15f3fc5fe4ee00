package paceline

import "context"

// attemptOf is under which the context of an attempt says that it is one of that
// engine's, as long as it is under way.
type attemptOf struct{ engine *Engine }

// nested returns the error of what is asked of an engine within one of its attempts,
// by the attempt's context or one that was made of it; nil if it is not. It would
// wait for a place that the attempt holds: as soon as all are taken by such attempts,
// for each other, until a deadline.
func (e *Engine) nested(ctx context.Context) *Error {
	if within, _ := ctx.Value(attemptOf{e}).(bool); !within {
		return nil
	}
	return &Error{
		Code:    CodeInvalidRequest,
		Message: "a provider asks within an attempt of the same engine, whose place it would wait for; give it an engine of its own",
	}
}

// within reports whether key asks for the engine of this attempt, and it is under way.
func (l *lifetime) within(key any) bool {
	of, asked := key.(attemptOf)
	if !asked || of.engine != l.engine {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.over
}
