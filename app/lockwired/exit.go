package main

import (
	"errors"
	"fmt"

	"lockwire/app/host"
	"lockwire/engine"
)

// confirmable adds how to confirm, where that is what an error asks for.
func confirmable(err error) error {
	if errors.Is(err, engine.ErrNeedsConfirmation) {
		return fmt.Errorf("%w; nothing was changed; repeat the command with --yes to do it all the same", err)
	}
	return err
}

// exitCode gives the code for an error; see the constants of app/host.
func exitCode(err error) int {
	var field *engine.FieldError
	var check *checkEnd
	switch {
	case err == nil:
		return host.ExitOK
	case errors.As(err, &check):
		return check.code
	case host.IsUsage(err):
		return host.ExitUsage
	case errors.Is(err, engine.ErrNeedsConfirmation):
		return host.ExitConfirm
	case errors.Is(err, engine.ErrNotFound), errors.Is(err, host.ErrNoService):
		return host.ExitNotFound
	case errors.Is(err, engine.ErrNoBroker), errors.Is(err, engine.ErrOffline):
		return host.ExitNoBroker
	case errors.Is(err, engine.ErrNotAllowed), errors.Is(err, host.ErrServiceRights):
		return host.ExitDenied
	case errors.As(err, &field):
		return host.ExitUsage
	}
	return host.ExitFailed
}
