package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lockwire/engine"
)

// What is said over the socket of a console that runs. Whatever else comes is not answered.
const (
	raiseRequest = "raise\n"
	raisedAnswer = "raised\n"
)

const (
	// askWithin is how long a second start waits for the first one's window.
	askWithin = 10 * time.Second
	// hearWithin bounds how long a connection may take to say what it wants.
	hearWithin = 2 * time.Second
	// bindPause lies between the tries to reach a socket that refuses: one that has just been made refuses for a moment too.
	bindPause = 50 * time.Millisecond
	bindTries = 5
)

// errDoesNotAnswer: there is a console already, and its window cannot be brought to the front.
var errDoesNotAnswer = errors.New("a console is open already, but its window does not answer; end that process, then start again")

// front is the socket through which a second start of the console asks the first one to come to the front. Only its user
// reaches it: it lies in a folder of that user's.
type front struct {
	listener net.Listener
	serving  sync.WaitGroup
}

// frontSocket is where the console of an installation is asked: one for each data folder or broker, so that consoles of
// different installations stand side by side.
func frontSocket(o options) (string, error) {
	parent := os.Getenv("XDG_RUNTIME_DIR")
	if !filepath.IsAbs(parent) {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		parent = cache
	}
	about := "broker " + o.broker
	if o.broker == "" {
		folder, err := filepath.Abs(o.dataFolder())
		if err != nil {
			return "", err
		}
		about = "folder " + folder
	}
	sum := sha256.Sum256([]byte(about))
	return filepath.Join(parent, "lockwire", hex.EncodeToString(sum[:8])+".sock"), nil
}

// takeFront becomes the first console at a socket, or asks the one that is there to come to the front. It gives nil and no
// error where that one did. The socket of a console that died is taken over.
func takeFront(ctx context.Context, path string) (*front, error) {
	for try := 1; ; try++ {
		listener, err := listenFront(path)
		if err == nil {
			return &front{listener: listener}, nil
		}
		if !frontIsTaken(path, err) {
			return nil, err
		}
		switch err := askToRaise(ctx, path); {
		case err == nil:
			return nil, nil
		case errors.Is(err, errDoesNotAnswer), ctx.Err() != nil:
			return nil, err
		case try == bindTries:
			return nil, err
		case try == bindTries-1:
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		default:
			if err := engine.Pause(ctx, bindPause); err != nil {
				return nil, err
			}
		}
	}
}

// askToRaise asks the console at a socket to come to the front, and waits for its answer.
func askToRaise(ctx context.Context, path string) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	conn, err := dialFront(ctx, path)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	answer := make([]byte, len(raisedAnswer))
	if _, err := io.WriteString(conn, raiseRequest); err != nil {
		return fmt.Errorf("%w (%w)", errDoesNotAnswer, err)
	}
	if _, err := io.ReadFull(conn, answer); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, frontIsEnding) {
			return err // it was just ending: its place is free
		}
		return fmt.Errorf("%w (%w)", errDoesNotAnswer, err)
	}
	if string(answer) != raisedAnswer {
		return errDoesNotAnswer
	}
	return nil
}

// serve calls raise for each start that asks, until close; it tells whether the window came. Starts that came before it was
// called wait.
func (f *front) serve(raise func() bool) {
	f.serving.Go(func() {
		for {
			conn, err := f.listener.Accept()
			if err != nil {
				return
			}
			hear(conn, raise)
		}
	})
}

// hear answers one start. One at a time is enough: each is bounded, and a person makes them.
func hear(conn net.Conn, raise func() bool) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(hearWithin))
	request := make([]byte, len(raiseRequest))
	if _, err := io.ReadFull(conn, request); err != nil || string(request) != raiseRequest {
		return
	}
	if raise() {
		conn.SetDeadline(time.Now().Add(hearWithin))
		io.WriteString(conn, raisedAnswer)
	}
}

// close gives the place up and removes the socket.
func (f *front) close() {
	f.listener.Close()
	f.serving.Wait()
}
