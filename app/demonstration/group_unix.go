//go:build unix

package demonstration

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the terminal's signals from a process.
func ownGroup(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
