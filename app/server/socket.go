package server

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"lockwire/engine"
)

// Group is the system's group whose members administer a broker that runs as a service.
const Group = "lockwire"

// socketCredentials are those of a local socket: nothing is encrypted, and the kernel says who the peer is.
type socketCredentials struct {
	// group is the id of the group that may administer; empty where none may.
	group string
}

// AuthType names the way in which the peer is known.
func (socketPeer) AuthType() string { return "peer credentials" }

// ClientHandshake has nothing to do: who may make the socket is decided by the folder that it lies in.
func (socketCredentials) ClientHandshake(_ context.Context, _ string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return conn, localInfo(), nil
}

// ServerHandshake asks the system for the peer's user and refuses one that may not administer.
func (c socketCredentials) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	who, err := peerOf(conn)
	if err != nil {
		return nil, nil, fmt.Errorf("ask who connects: %w", err)
	}
	if !who.mayAdminister(c.group) {
		return nil, nil, fmt.Errorf("%w: %s", engine.ErrNotAllowed, who.actor())
	}
	who.SecurityLevel = credentials.PrivacyAndIntegrity // it never leaves the machine
	return conn, who, nil
}

func localInfo() socketPeer {
	return socketPeer{CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}}
}

func (socketCredentials) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "peer credentials"}
}

func (c socketCredentials) Clone() credentials.TransportCredentials { return c }

func (socketCredentials) OverrideServerName(string) error { return nil }

// socketActor says who calls over the local socket.
func socketActor(ctx context.Context) (engine.Actor, error) {
	connection, ok := peer.FromContext(ctx)
	if !ok {
		return "", engine.ErrNotAllowed
	}
	who, ok := connection.AuthInfo.(socketPeer)
	if !ok {
		return "", engine.ErrNotAllowed
	}
	return who.actor(), nil
}
