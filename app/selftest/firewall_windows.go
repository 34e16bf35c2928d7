package selftest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"golang.org/x/sys/windows"

	"lockwire/app/host"
)

// unprivileged does not count here: a service has an account of its own.
const unprivileged = ""

const firewallRule = "Lockwire self-test"

// Firewall makes a rule for this program in Windows Firewall, reads it back and deletes it.
func Firewall() Check {
	return Check{"firewall rule", tryFirewall}
}

func tryFirewall(ctx context.Context) (found string, err error) {
	if !windows.GetCurrentProcessToken().IsElevated() {
		return "", NotTried("only an administrator may change the firewall")
	}
	program, err := host.ThisProgram()
	if err != nil {
		return "", err
	}
	name := "name=" + firewallRule
	if err := netsh(ctx, "add", "rule", name, "dir=in", "action=allow", "protocol=TCP", "localport=6171", "program="+program); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, netsh(context.WithoutCancel(ctx), "delete", "rule", name)) }()
	return "made, found, deleted", netsh(ctx, "show", "rule", name)
}

// netsh runs a command of Windows Firewall; its exit code tells whether it did it.
func netsh(ctx context.Context, arguments ...string) error {
	output, err := exec.CommandContext(ctx, "netsh", append([]string{"advfirewall", "firewall"}, arguments...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("netsh advfirewall firewall %s: %w: %s", strings.Join(arguments[:2], " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}
