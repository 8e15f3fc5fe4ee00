package control

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"time"

	"github.com/seed-1814a72b/paceline/internal/command"
)

// patience is how long a run may take to answer.
const patience = 10 * time.Second

// Deliver sends an order to the run on output and returns its answer.
func Deliver(ctx context.Context, env *command.Env, output string, o *Order) (*Answer, error) {
	conn, err := dialControl(ctx, env, output)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(env.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(WireLine(o)); err != nil {
		return nil, errEnded(output)
	}
	line, err := bufio.NewReader(conn).ReadBytes('\n')
	if err != nil {
		return nil, errEnded(output)
	}
	a := &Answer{}
	if err := json.Unmarshal(line, a); err != nil {
		return nil, fmt.Errorf("the run's answer cannot be read: %w", err)
	}
	return a, nil
}

func errEnded(output string) error {
	return fmt.Errorf("the run on %s did not answer: it has just ended, or hangs", output)
}

// dialControl connects to the run on output.
func dialControl(ctx context.Context, env *command.Env, output string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "unix", findControl(env, output))
	if err != nil {
		return nil, noRun(env, output)
	}
	return conn, nil
}

// noRun says that no run can be reached, and which file may have been meant.
func noRun(env *command.Env, output string) error {
	if other, err := command.DefaultOutput([]string{output}); err == nil {
		if _, err := env.Stat(findControl(env, other)); err == nil {
			return fmt.Errorf("no run goes on with %s for its output; did you mean %s?", output, other)
		}
	}
	if _, err := env.Stat(controlDir(output)); err != nil {
		return fmt.Errorf("no run goes on with %s for its output; name the file that its rows go to", output)
	}
	return fmt.Errorf("no run goes on with %s for its output (one that is still checking its input does not listen yet)", output)
}
