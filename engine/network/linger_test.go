package network

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
)

func TestClosingResetsUntilTheConnectionIsSetOrderly(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(net.Conn)
		want    error
	}{
		"from its first moment":  {func(net.Conn) {}, ConnectionReset},
		"set orderly":            {SetOrderly, nil},
		"set orderly, and reset": {func(c net.Conn) { SetOrderly(c); SetReset(c) }, ConnectionReset},
	} {
		t.Run(name, func(t *testing.T) {
			listening := net.ListenConfig{Control: ResetOnClose}
			listener, err := listening.Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			dialled, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer dialled.Close()
			accepted, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			c.prepare(accepted)
			accepted.Close()
			if _, err := io.ReadAll(dialled); !errors.Is(err, c.want) {
				t.Errorf("the peer saw %v, want %v", err, c.want)
			}
		})
	}
}

func TestAnAddressIsTakenWhileAnotherListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if _, err := net.Listen("tcp", listener.Addr().String()); !IsTaken(err) {
		t.Errorf("%v is not recognised", err)
	}
	if _, err := net.Dial("tcp", "127.0.0.1:1"); IsTaken(err) || !errors.Is(err, ConnectionRefused) {
		t.Errorf("%v is not recognised", err)
	}
}
