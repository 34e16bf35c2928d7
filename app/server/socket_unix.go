//go:build unix

package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"

	"google.golang.org/grpc/credentials"

	"lockwire/engine"
)

// maximumSocketPath is what sockaddr_un holds.
const maximumSocketPath = 107

// dialSocket connects to a local socket.
func dialSocket(ctx context.Context, path string) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, "unix", path)
}

// serviceGroup is the id of the group lockwire where this broker is the system's: run by root, or by a user whose own group
// it is. It is empty for a broker in a user's session, which only that user and root administer.
func serviceGroup() string {
	group, err := user.LookupGroup(Group)
	if err != nil || os.Geteuid() != 0 && strconv.Itoa(os.Getegid()) != group.Gid {
		return ""
	}
	return group.Gid
}

// listenSocket makes the local socket of a data folder: 0660 for a group, in a folder that the group can pass but not look
// into; without a group for its owner only. The folder's lock is held, so that a socket that is there is of a process that died.
func listenSocket(path, group string) (net.Listener, error) {
	if len(path) > maximumSocketPath {
		return nil, fmt.Errorf("the data folder's path is too long: the local socket in it, %s, would have %d bytes, and the system takes %d; name a shorter one with --data", path, len(path), maximumSocketPath)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove an old socket: %w", err)
	}
	// The mask holds for the whole process, but only for this moment, and only makes other files stricter.
	restore := tightenMask()
	listener, err := net.Listen("unix", path)
	restore()
	if err != nil {
		return nil, fmt.Errorf("make the local socket: %w", err)
	}
	if group != "" {
		if err := openToGroup(path, group); err != nil {
			return nil, errors.Join(fmt.Errorf("give the local socket to group %s: %w", Group, err), listener.Close())
		}
	}
	return listener, nil
}

// openToGroup gives a group access to a socket. The folder may belong to another user, who could replace the socket with a link while root works
// there: root changes nothing outside of the folder. Any other user could change such files anyway.
func openToGroup(path, group string) error {
	gid, err := strconv.Atoi(group)
	if err != nil {
		return err
	}
	folder, name := filepath.Dir(path), filepath.Base(path)
	if os.Geteuid() != 0 {
		return errors.Join(os.Chown(path, -1, gid), os.Chmod(path, 0o660), os.Chown(folder, -1, gid), os.Chmod(folder, 0o710))
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	return errors.Join(root.Chown(name, -1, gid), root.Chmod(name, 0o660), root.Chown(".", -1, gid), root.Chmod(".", 0o710))
}

// socketPeer is who is at the other end of a local socket.
type socketPeer struct {
	credentials.CommonAuthInfo
	uid, gid uint32
}

// mayAdminister holds what the socket's mode says already, for systems and file systems that do not.
func (p socketPeer) mayAdminister(group string) bool {
	if p.uid == 0 || int(p.uid) == os.Geteuid() {
		return true
	}
	if group == "" {
		return false
	}
	if strconv.FormatUint(uint64(p.gid), 10) == group {
		return true
	}
	account, err := user.LookupId(strconv.FormatUint(uint64(p.uid), 10))
	if err != nil {
		return false
	}
	groups, err := account.GroupIds()
	return err == nil && slices.Contains(groups, group)
}

// actor is how the audit names the peer.
func (p socketPeer) actor() engine.Actor { return userActor(int(p.uid)) }

func thisUser() string { return string(userActor(os.Getuid())) }

func userActor(uid int) engine.Actor {
	if account, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return engine.Actor(fmt.Sprintf("uid %d (%s)", uid, account.Username))
	}
	return engine.Actor(fmt.Sprintf("uid %d", uid))
}
