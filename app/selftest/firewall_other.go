//go:build !windows

package selftest

import "context"

// unprivileged is the user that the test's service runs as: one that every system has, with a group of its name.
const unprivileged = "daemon"

// Firewall has nothing to try: Lockwire changes no firewall here.
func Firewall() Check {
	return Check{"firewall rule", func(context.Context) (string, error) { return "", NotTried("Lockwire makes none on this system") }}
}
