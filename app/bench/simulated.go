//go:build linux

package main

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
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
	// Stats says whether each reports its load, as an agent does.
	Stats bool
	// Routes are those of the first members, one each.
	Routes []engine.ID
}

type crowdMember struct {
	ID          engine.ID
	Certificate []byte // DER
	PrivateKey  []byte // PKCS 8
	Address     string
	From        string // where it dials from; empty is any
	Keys        int    // that it makes ahead; 0 is keysAhead
}

// simulated is one component that is attached.
type simulated struct {
	installation, id engine.ID
	rings            *session.KeyRing
	rpc              wire.Attachment_AttachClient
	adopted          int                // sessions that the broker lets it go on with
	refill           []*wire.OneTimeKey // that are not sent yet
	sending          sync.Mutex
}

// attachSimulated attaches a component, which names the sessions that it carries, and returns once it is welcome.
func attachSimulated(ctx context.Context, broker string, verifier *identity.Verifier, m crowdMember, certificate *tls.Certificate, carried ...*wire.LiveSession) (*simulated, error) {
	client, err := grpc.NewClient("passthrough:///"+broker,
		grpc.WithTransportCredentials(insecure.NewCredentials()), // the dialer secures the connection, as the agent's does
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			var from net.Dialer
			if m.From != "" {
				from.LocalAddr = &net.TCPAddr{IP: net.ParseIP(m.From)}
			}
			conn, err := from.DialContext(ctx, "tcp", address)
			if err != nil {
				return nil, err
			}
			ctx, cancel := context.WithTimeout(ctx, wire.HandshakeWithin)
			defer cancel()
			secured := tls.Client(conn, identity.ClientConfig(verifier, func() (*tls.Certificate, error) { return certificate, nil }))
			if err := secured.HandshakeContext(ctx); err != nil {
				conn.Close()
				return nil, err
			}
			return secured, nil
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaximumMessage)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: wire.KeepAlive, Timeout: wire.Silence - wire.KeepAlive}),
		grpc.WithStaticStreamWindowSize(wire.Window), grpc.WithStaticConnWindowSize(wire.Window),
		grpc.WithReadBufferSize(0), grpc.WithWriteBufferSize(4<<10), // thousands of them are in one process
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
	s := &simulated{installation: engine.ID(certificate.Leaf.URIs[0].Host), id: m.ID, rings: session.NewKeyRing(), rpc: rpc}
	instance := make([]byte, 16)
	rand.Read(instance)
	made, err := s.oneTimeKeys(cmp.Or(m.Keys, keysAhead))
	if err != nil {
		return nil, err
	}
	report := engine.Report{Version: "bench", ChannelVersion: engine.ChannelVersion, OS: runtime.GOOS, Architecture: runtime.GOARCH, Machine: string(m.ID), ByHand: true,
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
	key, err := s.rings.Open(session.SealedKey{OneTimeKey: session.OneTimeID(offer.GetOneTimeKey()), Bytes: offer.GetSealedKey()},
		session.Binding{Installation: s.installation, Session: id, Mode: mode}, s.id)
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

// crowd is the task of a process for some of the members.
func (i *installation) crowd(from, to int, stats bool) (crowdTask, error) {
	task := crowdTask{Broker: i.address, Roots: i.roots.DER(), Stats: stats}
	for n := from; n < to; n++ {
		m := i.members[n]
		key, err := privateKeyOf(m.key)
		if err != nil {
			return task, err
		}
		task.Members = append(task.Members, crowdMember{ID: m.id, Certificate: m.certificate.Raw, PrivateKey: key, Address: memberAddress(n)})
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
