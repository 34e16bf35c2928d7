//go:build linux

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"sync/atomic"
	"time"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/network"
	"lockwire/engine/pump"
	"lockwire/engine/secret"
)

// relayTask is what a relay of ours needs: what a broker would have told it, and where its traffic goes.
type relayTask struct {
	Terms       channel.Terms
	Key         []byte // K
	Certificate []byte // DER
	PrivateKey  []byte // PKCS 8
	To          string // the far relay, or the sink
}

// newSession makes the tasks of both relays of a session that no broker knows.
func newSession(mode engine.Mode) (near, far relayTask, err error) {
	key := make([]byte, 32)
	rand.Read(key)
	for _, task := range []*relayTask{&near, &far} {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return near, far, err
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(24 * time.Hour)}
		if task.Certificate, err = x509.CreateCertificate(rand.Reader, template, template, private.Public(), private); err != nil {
			return near, far, err
		}
		if task.PrivateKey, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
			return near, far, err
		}
		task.Key = key
	}
	terms := channel.Terms{Installation: engine.NewID(), Session: engine.NewID(), Route: engine.NewID(), Mode: mode, Cipher: engine.AES256GCM}
	for _, end := range []struct {
		task relayTask
		id   *engine.KeyID
	}{{near, &terms.Source}, {far, &terms.Target}} {
		certificate, err := x509.ParseCertificate(end.task.Certificate)
		if err != nil {
			return near, far, err
		}
		*end.id = channel.KeyIDOf(certificate)
	}
	near.Terms, far.Terms = terms, terms
	return near, far, nil
}

func (t relayTask) session() (channel.Session, error) {
	key, err := secret.FromBytes(t.Key)
	if err != nil {
		return channel.Session{}, err
	}
	private, err := x509.ParsePKCS8PrivateKey(t.PrivateKey)
	if err != nil {
		return channel.Session{}, err
	}
	return channel.Session{
		Terms: t.Terms, Secret: channel.NewSecret(key), Flows: new(channel.FlowNumbers),
		Certificate: tls.Certificate{Certificate: [][]byte{t.Certificate}, PrivateKey: private},
	}, nil
}

func readTask(text []byte) (relayTask, channel.Session, error) {
	var task relayTask
	if err := json.Unmarshal(text, &task); err != nil {
		return task, channel.Session{}, err
	}
	session, err := task.session()
	return task, session, err
}

// runNear is the source component: it accepts the tool's connections and carries each through a channel of its own.
func runNear(ctx context.Context, text []byte, listening func(net.Addr)) error {
	task, session, err := readTask(text)
	if err != nil {
		return err
	}
	defer session.Secret.Destroy()
	listener, err := network.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	listening(listener.Addr())
	service := engine.NewID()
	var flow atomic.Uint64
	return acceptEach(ctx, listener, func(ctx context.Context, tool *net.TCPConn) error {
		conn, err := network.Dial(ctx, task.To)
		if err != nil {
			return err
		}
		opened, err := channel.Connect(ctx, conn, session, channel.Open{Flow: flow.Add(1), Streams: 1, Service: service})
		if err != nil {
			return fmt.Errorf("open a channel: %w", err)
		}
		return carry(ctx, tool, opened)
	})
}

// runFar is the target component: it accepts channels and connects each to the sink.
func runFar(ctx context.Context, text []byte, listening func(net.Addr)) error {
	task, session, err := readTask(text)
	if err != nil {
		return err
	}
	defer session.Secret.Destroy()
	listener, err := network.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	listening(listener.Addr())
	server := channel.Server{
		Lookup: func(id engine.ID) (*channel.Session, error) {
			if id != session.Terms.Session {
				return nil, channel.ErrNoSession
			}
			return &session, nil
		},
		Handle: func(ctx context.Context, in *channel.Incoming) {
			backend, err := network.Dial(ctx, task.To)
			if err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
				return
			}
			opened, err := in.Accept()
			if err != nil {
				backend.Close()
				fmt.Fprintln(os.Stderr, "bench:", err)
				return
			}
			if err := carry(ctx, backend.(*net.TCPConn), opened); err != nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
			}
		},
		Refused: func(from net.Addr, why error) {
			if !errors.Is(why, io.EOF) {
				fmt.Fprintf(os.Stderr, "bench: refused %v: %v\n", from, why)
			}
		},
	}
	return server.Serve(ctx, listener)
}

// carry pumps between a TCP connection and a channel until both directions have ended.
func carry(ctx context.Context, conn *net.TCPConn, opened *channel.Conn) error {
	local, err := pump.NewTCP(conn)
	if err != nil {
		opened.Reset()
		return err
	}
	var remote pump.End = opened
	if raw, ok := opened.Plain(); ok {
		if remote, err = pump.NewTCP(raw); err != nil {
			local.Reset()
			return err
		}
	}
	_, err = pump.Run(ctx, local, remote, pump.Options{})
	return err
}
