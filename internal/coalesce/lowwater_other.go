//go:build !linux

package coalesce

import "errors"

const supported = false

type peek struct{}

func (c *Conn) setLowWater(int) error { return errors.ErrUnsupported }

func (c *Conn) readable() bool { return false }
