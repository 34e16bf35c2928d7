//go:build !linux && !windows

package secret

import "errors"

// Harden fails: there is no tested way to keep dumps off on this system.
func Harden() error { return errors.New("dumps cannot be turned off on this system") }
