package uitest

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"lockwire/engine"
	"lockwire/engine/administration"
)

// Elsewhere is the client of an administrator on another machine, on the stage's installation.
func (s *Stage) Elsewhere(t *testing.T, who engine.Actor) engine.Administration {
	t.Helper()
	listener, server := bufconn.Listen(1<<20), grpc.NewServer()
	administration.Register(server, administration.NewService(func(context.Context) (*administration.Local, error) { return s.Local.As(who, engine.MayChange), nil }))
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	connection, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		connection.Close()
		server.Stop()
		<-served
	})
	return administration.NewClient(connection, "test")
}
