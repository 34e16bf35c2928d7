package server

import (
	"context"
	"net"
	"os/user"

	"google.golang.org/grpc/credentials"

	"lockwire/app/pipe"
	"lockwire/engine"
)

// dialSocket connects to the pipe that stands for a local socket.
func dialSocket(ctx context.Context, path string) (net.Conn, error) { return pipe.Dial(ctx, path) }

// serviceGroup is empty: a broker on Windows is administered by its user and by administrators.
func serviceGroup() string { return "" }

// listenSocket makes the pipe that stands for the local socket of a data folder.
func listenSocket(path, _ string) (net.Listener, error) { return pipe.Listen(path) }

// socketPeer is who is at the other end of a pipe.
type socketPeer struct {
	credentials.CommonAuthInfo
	sid  string
	name string
}

// peerOf asks Windows who is at the other end.
func peerOf(conn net.Conn) (socketPeer, error) {
	who := localInfo()
	sid, err := pipe.Peer(conn)
	if err != nil {
		return who, err
	}
	who.sid = sid.String()
	if account, domain, _, err := sid.LookupAccount(""); err == nil {
		who.name = domain + `\` + account
	}
	return who, nil
}

// mayAdminister has nothing to add to the pipe's access list: who is not on it could not open the pipe.
func (socketPeer) mayAdminister(string) bool { return true }

// actor is how the audit names the peer.
func (p socketPeer) actor() engine.Actor { return userActor(p.sid, p.name) }

func thisUser() string {
	account, err := user.Current()
	if err != nil {
		return "a user whom Windows does not name"
	}
	return string(userActor(account.Uid, account.Username))
}

func userActor(sid, name string) engine.Actor {
	if name == "" {
		return engine.Actor(sid)
	}
	return engine.Actor(name + " (" + sid + ")")
}
