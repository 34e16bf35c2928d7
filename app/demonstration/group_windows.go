package demonstration

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the terminal's signals from a process.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
