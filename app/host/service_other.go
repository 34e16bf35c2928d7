//go:build !linux && !windows

package host

import (
	"context"
	"time"
)

// InstallService returns ErrNoServices.
func InstallService(context.Context, Service) error { return ErrNoServices }

// RemoveService returns ErrNoServices.
func RemoveService(context.Context, string) error { return ErrNoServices }

func runService(ctx context.Context, _ string, _ time.Duration, body func(context.Context) error) error {
	return body(ctx)
}

func mayManageServices() error { return ErrNoServices }

// checkServicePlace has nothing to say: a service sees all folders here.
func checkServicePlace(string) error { return nil }

// checkOwnedByRoot is not asked here: who installs a service chooses its program.
func checkOwnedByRoot(string) error { return nil }

// AllowLowPorts has nothing to give: any program may listen on any port here.
func AllowLowPorts(context.Context, string) (bool, error) { return false, nil }

// LastWords says where to look.
func LastWords(_ context.Context, name string, _ time.Time) string {
	return "; see why in the log of service " + name
}
