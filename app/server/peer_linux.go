package server

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// peerOf asks the kernel who is at the other end.
func peerOf(conn net.Conn) (socketPeer, error) {
	who := localInfo()
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return who, errors.New("not a local socket")
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return who, err
	}
	var credentials *unix.Ucred
	controlErr := raw.Control(func(fd uintptr) {
		credentials, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if controlErr != nil {
		return who, controlErr
	}
	if err != nil {
		return who, err
	}
	who.uid, who.gid = credentials.Uid, credentials.Gid
	return who, nil
}

// tightenMask keeps others from a file until its mode is set, and gives back how to undo that. Folders that are made meanwhile
// can still be passed by their owner.
func tightenMask() func() {
	before := unix.Umask(0o077)
	return func() { unix.Umask(before) }
}
