//go:build linux

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"lockwire/engine"
	"lockwire/engine/identity"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// A simulated component speaks the control protocol as an agent does, over the same mutual TLS, and has neither data port
// nor listeners: thousands fit into one process. What the broker sees of it is what it sees of an agent.

// crowdTask is what a process of simulated components needs.
type crowdTask struct {
	Broker  string
	Roots   [][]byte
	Members []crowdMember
	// Stats says whether each reports its load every second, as an agent does.
	Stats bool
}

type crowdMember struct {
	ID          engine.ID
	Certificate []byte // DER
	PrivateKey  []byte // PKCS 8
	Address     string
}

// simulated is one component that is attached.
type simulated struct {
	id      engine.ID
	rings   *session.KeyRing
	rpc     wire.Attachment_AttachClient
	adopted int                // sessions that the broker lets it go on with
	refill  []*wire.OneTimeKey // that are not sent yet
	sending sync.Mutex
}

// attachSimulated attaches a component, which names the sessions that it carries, and returns once it is welcome.
func attachSimulated(ctx context.Context, broker string, verifier *identity.Verifier, m crowdMember, certificate *tls.Certificate, carried ...*wire.LiveSession) (*simulated, error) {
	client, err := grpc.NewClient("passthrough:///"+broker,
		grpc.WithTransportCredentials(insecure.NewCredentials()), // the dialer secures the connection, as the agent's does
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
			if err != nil {
				return nil, err
			}
			secured := tls.Client(conn, identity.ClientConfig(verifier, func() (*tls.Certificate, error) { return certificate, nil }))
			if err := secured.HandshakeContext(ctx); err != nil {
				conn.Close()
				return nil, err
			}
			return secured, nil
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaximumMessage)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: wire.KeepAlive, Timeout: wire.Silence - wire.KeepAlive}),
		grpc.WithDisableServiceConfig(), grpc.WithIdleTimeout(0),
	)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { client.Close() })
	rpc, err := wire.NewAttachmentClient(client).Attach(ctx)
	if err != nil {
		return nil, err
	}
	s := &simulated{id: m.ID, rings: session.NewKeyRing(), rpc: rpc}
	instance := make([]byte, 16)
	rand.Read(instance)
	made, err := s.oneTimeKeys(keysAhead)
	if err != nil {
		return nil, err
	}
	report := engine.Report{Version: "bench", OS: runtime.GOOS, Architecture: runtime.GOARCH, Machine: string(m.ID), ByHand: true,
		Interfaces: []engine.Address{{Address: netip.MustParseAddr(m.Address), Origin: engine.GivenByHand}},
		Endpoints:  []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr(m.Address), wire.DataPort)}}
	hello := &wire.Hello{Instance: instance, Report: wire.FromReport(report), OneTimeKeys: made, Sessions: carried}
	if err := rpc.Send(&wire.Up{Message: &wire.Up_Hello{Hello: hello}}); err != nil {
		return nil, err
	}
	first, err := rpc.Recv()
	if err != nil {
		return nil, err
	}
	if first.GetWelcome() == nil {
		return nil, errors.New("the broker's first word is not welcome")
	}
	s.adopted = len(first.GetWelcome().GetAdopted())
	return s, nil
}

func (s *simulated) oneTimeKeys(n int) (*wire.OneTimeKeys, error) {
	made, err := s.rings.Make(0, n)
	if err != nil {
		return nil, err
	}
	message := &wire.OneTimeKeys{}
	for _, key := range made {
		message.Keys = append(message.Keys, &wire.OneTimeKey{Id: key.ID[:], Public: key.Key})
	}
	return message, nil
}

// open opens the key of an offer and destroys it.
func (s *simulated) open(offer *wire.Offer) error {
	id, err := wire.ParseID(offer.GetSession())
	if err != nil {
		return err
	}
	mode, err := offer.GetMode().Engine()
	if err != nil {
		return err
	}
	key, err := s.rings.Open(session.SealedKey{OneTimeKey: session.OneTimeID(offer.GetOneTimeKey()), Bytes: offer.GetSealedKey()}, id, s.id, mode)
	if err != nil {
		return err
	}
	key.Destroy()
	return nil
}

// send may be called by several goroutines.
func (s *simulated) send(up *wire.Up) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	return s.rpc.Send(up)
}

// attachCrowd attaches all members, some at a time.
func attachCrowd(ctx context.Context, task crowdTask) ([]*simulated, error) {
	roots, err := identity.ParseRootsDER(task.Roots)
	if err != nil {
		return nil, err
	}
	verifier := identity.NewVerifier(func() identity.Roots { return roots }, time.Now)
	crowd := make([]*simulated, len(task.Members))
	group, attaching := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for n, m := range task.Members {
		if attaching.Err() != nil {
			break
		}
		group.Go(func() error {
			certificate, err := certificateOf(m.Certificate, m.PrivateKey)
			if err != nil {
				return err
			}
			crowd[n], err = attachSimulated(ctx, task.Broker, verifier, m, certificate)
			return err
		})
	}
	return crowd, group.Wait()
}

// runCrowd attaches simulated components and keeps them attached. They listen nowhere; what it says is only that they are there.
func runCrowd(ctx context.Context, text []byte, listening func(net.Addr)) error {
	var task crowdTask
	if err := json.Unmarshal(text, &task); err != nil {
		return err
	}
	crowd, err := attachCrowd(ctx, task)
	if err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	var running sync.WaitGroup
	for n, s := range crowd {
		s.rings.DropAll() // no session begins
		running.Go(func() {
			for {
				if _, err := s.rpc.Recv(); err != nil {
					if ctx.Err() == nil {
						fmt.Fprintln(os.Stderr, "bench: a component was detached:", err)
					}
					return
				}
			}
		})
		if !task.Stats {
			continue
		}
		running.Go(func() {
			select { // not all in the same moment
			case <-time.After(wire.StatsInterval * time.Duration(n) / time.Duration(len(crowd))):
			case <-ctx.Done():
				return
			}
			tick := time.NewTicker(wire.StatsInterval)
			defer tick.Stop()
			for {
				if s.send(&wire.Up{Message: &wire.Up_Stats{Stats: &wire.Stats{Cores: []float64{0.1, 0.1}, Memory: 30 << 20}}}) != nil {
					return
				}
				select {
				case <-tick.C:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	listening(&net.TCPAddr{})
	running.Wait()
	return nil
}

// crowd is the task of a process for some of the members.
func (i *installation) crowd(from, to int, stats bool) (crowdTask, error) {
	task := crowdTask{Broker: i.address, Roots: i.roots.DER(), Stats: stats}
	for n := from; n < to; n++ {
		m := i.members[n]
		key, err := privateKeyOf(m.key)
		if err != nil {
			return task, err
		}
		task.Members = append(task.Members, crowdMember{m.id, m.certificate.Raw, key, memberAddress(n)})
	}
	return task, nil
}

func privateKeyOf(key *ecdsa.PrivateKey) ([]byte, error) { return x509.MarshalPKCS8PrivateKey(key) }

func certificateOf(certificate, private []byte) (*tls.Certificate, error) {
	parsed, err := identity.ParseCertificate(certificate)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	return identity.TLSCertificate(parsed, key.(*ecdsa.PrivateKey)), nil
}
