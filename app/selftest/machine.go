package selftest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"lockwire/app/host"
	"lockwire/engine/secret"
)

// answersWithin bounds what answers at once on a machine that is well.
const answersWithin = 10 * time.Second

// Machine are the checks that every program makes.
func Machine() []Check {
	return []Check{{"data folder", tryFolder}, {"memory for keys", tryMemory}, {"loopback", tryLoopback}}
}

// tryFolder makes a data folder as the programs do, and reads back who may open it.
func tryFolder(context.Context) (found string, err error) {
	parent, err := os.MkdirTemp("", "lockwire-selftest-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(parent)) }()
	folder := filepath.Join(parent, "data")
	if err := host.MakeFolder(folder); err != nil {
		return "", err
	}
	if found, err = whoMayOpen(folder); err != nil {
		return "", err
	}
	return found, os.WriteFile(filepath.Join(folder, "file"), []byte("a file"), 0o600)
}

// tryMemory makes a key where keys are kept, destroys it, and says what the system promises of that memory.
func tryMemory(context.Context) (string, error) {
	dumps := "not part of crash dumps"
	if err := secret.Harden(); err != nil {
		dumps = err.Error()
	}
	key, err := secret.New()
	if err != nil {
		return "", err
	}
	key.Destroy()
	if !key.Destroyed() {
		return "", errors.New("a key that was destroyed is still there")
	}
	if reason := secret.NotLocked(); reason != nil {
		return "", fmt.Errorf("keys may be written to the page file or swap space: %w", reason)
	}
	erased := "and provably erased"
	if !secret.Provable() {
		erased = "and erased, of which this system gives no proof"
	}
	return "locked, " + dumps + ", " + erased, nil
}

// tryLoopback carries a word over each loopback address that this machine has.
func tryLoopback(ctx context.Context) (string, error) {
	if err := carryOver(ctx, "127.0.0.1:0"); err != nil {
		return "", fmt.Errorf("127.0.0.1: %w", err)
	}
	if err := carryOver(ctx, "[::1]:0"); err != nil {
		return "127.0.0.1; not ::1, which this machine does not have", nil
	}
	return "127.0.0.1 and ::1", nil
}

func carryOver(ctx context.Context, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	defer listener.Close()
	sent := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_, err = conn.Write([]byte("word"))
			err = errors.Join(err, conn.Close())
		}
		sent <- err
	}()
	dialer := net.Dialer{Timeout: answersWithin}
	conn, err := dialer.DialContext(ctx, "tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(answersWithin)); err != nil {
		return err
	}
	word, err := io.ReadAll(conn)
	if err == nil && string(word) != "word" {
		err = fmt.Errorf("%q came for \"word\"", word)
	}
	return errors.Join(err, <-sent)
}
