package pipe

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"runtime"

	"golang.org/x/sys/windows"

	"lockwire/app/host"
)

// ownSID is this process's user.
func ownSID() (*windows.SID, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("ask who this user is: %w", err)
	}
	return user.User.Sid, nil
}

// checkMaker refuses a pipe that belongs to somebody whom this user has no reason to trust.
func checkMaker(handle windows.Handle) error {
	descriptor, err := windows.GetSecurityInfo(handle, windows.SE_KERNEL_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("ask whose pipe it is: %w", err)
	}
	owner, _, err := descriptor.Owner()
	if err != nil {
		return fmt.Errorf("ask whose pipe it is: %w", err)
	}
	if owner == nil || !isTrusted(owner) {
		return fmt.Errorf("the pipe is another user's: %w", fs.ErrPermission)
	}
	return nil
}

// isTrusted holds for this user, the system, administrators, and the account of the broker's service. Nobody else can make
// a pipe theirs.
func isTrusted(owner *windows.SID) bool {
	if owner.IsWellKnown(windows.WinLocalSystemSid) || owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) {
		return true
	}
	if own, err := ownSID(); err == nil && owner.Equals(own) {
		return true
	}
	service, _, _, err := windows.LookupSID("", host.ServiceAccount(host.Broker)) // an error where there is no such service
	return err == nil && owner.Equals(service)
}

var impersonateNamedPipeClient = windows.NewLazySystemDLL("advapi32.dll").NewProc("ImpersonateNamedPipeClient")

// Peer asks Windows who opened the other end of a pipe that this process listens on.
func Peer(end net.Conn) (*windows.SID, error) {
	pipe, ok := end.(*conn)
	if !ok {
		return nil, errors.New("not a pipe")
	}
	raw, err := pipe.SyscallConn()
	if err != nil {
		return nil, err
	}
	var user *windows.Tokenuser
	controlErr := raw.Control(func(handle uintptr) { user, err = clientOf(windows.Handle(handle)) })
	if err := errors.Join(controlErr, err); err != nil {
		return nil, fmt.Errorf("ask who opened the pipe: %w", err)
	}
	return user.User.Sid, nil
}

// clientOf asks in the only way that Windows knows: the thread acts for the client for a moment. The client has allowed to be
// identified, and no more, so that the thread could do nothing in its name.
func clientOf(handle windows.Handle) (*windows.Tokenuser, error) {
	runtime.LockOSThread()
	if done, _, err := impersonateNamedPipeClient.Call(uintptr(handle)); done == 0 {
		runtime.UnlockOSThread()
		return nil, err
	}
	var token windows.Token
	err := windows.OpenThreadToken(windows.CurrentThread(), windows.TOKEN_QUERY, true, &token)
	if err == nil {
		defer token.Close()
	}
	if reverting := windows.RevertToSelf(); reverting != nil {
		// The thread stays locked: it ends with this goroutine, and nothing else ever runs in the client's name.
		return nil, errors.Join(err, reverting)
	}
	runtime.UnlockOSThread()
	if err != nil {
		return nil, err
	}
	return token.GetTokenUser()
}
