//go:build !linux

package host

import (
	"context"
	"errors"
)

// errNoGroup says who administers a broker here.
var errNoGroup = errors.New("there is no group of those who administer the broker on this system: its administrators do")

// CheckUser returns an error.
func CheckUser(string) error { return errNoGroup }

// AddToGroup returns an error.
func AddToGroup(context.Context, string, string) error { return errNoGroup }
