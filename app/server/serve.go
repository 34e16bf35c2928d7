package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/app/prescribed"
	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/alarm"
	"lockwire/engine/broker"
	"lockwire/engine/broker/front"
	"lockwire/engine/broker/providers"
	"lockwire/engine/identity"
	"lockwire/engine/network"
	"lockwire/engine/wire"
)

// ServeOptions say how a broker is brought up.
type ServeOptions struct {
	Options
	// Listen is the ADDR:PORT for components and administrators; empty is all addresses and port 6170.
	Listen string
	// Advertise are the HOST:PORT in join tokens and for components; empty derives them from Listen.
	Advertise []string
	Version   string
	// Metrics is the ADDR:PORT for Prometheus; without ADDR it is loopback. Empty means that none are offered.
	Metrics string
	// Proxy leads to service providers' gateways; nil is the one of the environment, where it names one.
	Proxy *network.Proxy
	// Prescribed is what this machine prescribes of the settings; nil is prescribed.System.
	Prescribed prescribed.Source
	// Ready, where it is set, is called once the broker can be reached.
	Ready func(*Running)
}

// Running is a broker that serves.
type Running struct {
	// Administration is that of this process.
	Administration *administration.Local
	Broker         *broker.Broker
	// Address is where it listens; its port is the one that was given, or the one that the system chose for port 0.
	Address net.Addr
	// Metrics is where Prometheus reads; nil where none are offered.
	Metrics net.Addr
}

// stopWithin is how long calls over the local socket may run after the broker is stopped.
const stopWithin = 5 * time.Second

// Serve opens the data folder and runs its broker, the local socket and the port until ctx is done. What was acknowledged is
// durable then.
func Serve(ctx context.Context, options ServeOptions) (err error) {
	log := options.Logger
	if log == nil {
		log = slog.Default()
	}
	folder, err := OpenFolder(ctx, options.Options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	authority, err := folder.Authority()
	if err != nil {
		return fmt.Errorf("open the authority: %w", err)
	}
	if identity.UnapprovedDerivation() {
		log.Warn("FIPS mode: a passphrase of the authority's key is stretched with Argon2id, which FIPS does not approve")
	}
	listener, err := listen(options.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	var metrics net.Listener
	if options.Metrics != "" {
		if metrics, err = listenMetrics(options.Metrics, log); err != nil {
			return err
		}
		defer metrics.Close()
	}
	addresses := options.Advertise
	if len(addresses) == 0 {
		addresses = ownAddresses(listener.Addr())
	}
	if err := identity.CheckBrokers(addresses); err != nil {
		return fmt.Errorf("the broker's addresses: %w", err)
	}
	source := options.Prescribed
	if source == nil {
		source = prescribed.System()
	}
	machine := prescribed.Keep(source)
	var local *administration.Local // made of the broker, which needs its service first
	register := func(server *grpc.Server) {
		administration.Register(server, serviceOf(func() *administration.Local { return local }))
	}
	proxy := options.Proxy
	if proxy == nil {
		proxy = network.ProxyFromEnvironment()
	}
	alarms := alarm.New(alarm.Config{Installation: folder.Installation, Logger: log})
	running, err := broker.New(ctx, broker.Config{
		Store: folder.Store, Authority: authority, Logger: log, Addresses: addresses, Register: register, Access: administration.Access(),
		Prescribed: machine.Present, ProvidersFolder: filepath.Join(folder.Path, providersFolder),
		DialProvider: providers.Tunnel(time.Now, proxy), Tell: alarms.Tell,
	})
	if err != nil {
		return err
	}
	local = administration.New(administration.Config{
		Store: folder.Store, Broker: running, Authority: folder.Authority, Installation: folder.Installation, Version: options.Version,
		Prescribed: machine.Present, Space: folder.Space, Alarms: alarms,
	}, engine.Actor(thisUser()))
	if err := local.ConfigureAlarms(ctx); err != nil { // a broker that serves without alarms is better than none
		log.Error("no alarms are sent", "error", err)
	}

	socketPath := filepath.Join(folder.Path, socketFile)
	group := serviceGroup()
	socket, err := listenSocket(socketPath, group)
	if err != nil {
		return err
	}
	defer os.Remove(socketPath)
	ready := &Running{Administration: local, Broker: running, Address: listener.Addr()}
	tasks, ctx := errgroup.WithContext(ctx)
	server := socketServer(ctx, local, group)
	if metrics != nil {
		ready.Metrics = metrics.Addr()
		tasks.Go(func() error { return serveMetrics(ctx, metrics, running, options.Version) })
	}
	tasks.Go(func() error { return running.Serve(ctx, listener) })
	tasks.Go(func() error { alarms.Run(ctx); return nil })
	tasks.Go(func() error { alarm.Follow(ctx, local, alarms); return nil })
	tasks.Go(func() error {
		takeUp := func() { takePrescription(ctx, local, machine.Present(), log) }
		takeUp() // it may have been changed while no broker ran
		machine.Watch(ctx, takeUp)
		return nil
	})
	tasks.Go(func() error {
		if err := server.Serve(socket); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			return fmt.Errorf("serve the local socket: %w", err)
		}
		return nil
	})
	tasks.Go(func() error {
		<-ctx.Done()
		force := time.AfterFunc(stopWithin, server.Stop)
		defer force.Stop()
		server.GracefulStop()
		return nil
	})
	if options.Ready != nil {
		options.Ready(ready)
	}
	return tasks.Wait()
}

// takePrescription has what the machine prescribes now in force.
func takePrescription(ctx context.Context, local *administration.Local, now engine.Prescription, log *slog.Logger) {
	if err := local.TakePrescription(ctx); err != nil && ctx.Err() == nil {
		log.Error("what this machine prescribes of the settings is not recorded", "error", err)
	}
	switch {
	case now.Problem != "":
		log.Warn("what this machine prescribes of the settings cannot be taken", "by", now.By, "problem", now.Problem)
	case now.Override != nil:
		log.Info("this machine prescribes a setting", "setting", engine.OverrideSetting, "value", *now.Override, "by", now.By)
	}
}

// serviceOf offers an Administration to its permitted callers.
func serviceOf(local func() *administration.Local) *administration.Service {
	return administration.NewService(func(ctx context.Context) (*administration.Local, error) { return callerOf(ctx, local()) })
}

// socketServer serves an Administration to the peers of a local socket. Streams end with ctx: a watch would go on for ever.
func socketServer(ctx context.Context, local *administration.Local, group string) *grpc.Server {
	server := grpc.NewServer(grpc.Creds(socketCredentials{group}), grpc.KeepaliveEnforcementPolicy(mayAsk), grpc.MaxRecvMsgSize(wire.MaximumDocument), grpc.MaxSendMsgSize(wire.MaximumDocument),
		grpc.StreamInterceptor(func(service any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			streaming, cancel := context.WithCancel(stream.Context())
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			err := handler(service, endingStream{stream, streaming})
			if ctx.Err() != nil && stream.Context().Err() == nil {
				return status.Error(codes.Unavailable, "it stops")
			}
			return err
		}))
	administration.Register(server, serviceOf(func() *administration.Local { return local }))
	return server
}

// endingStream is a stream with a context of its own.
type endingStream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context ends with the stream, or with the broker.
func (s endingStream) Context() context.Context { return s.ctx }

// callerOf gives the Administration for a caller: an administrator with a certificate on the broker's port, or a user of this machine on the local
// socket.
func callerOf(ctx context.Context, local *administration.Local) (*administration.Local, error) {
	if peer, onPort := front.PeerFrom(ctx); onPort {
		if peer.Kind != identity.Administrator {
			return nil, engine.ErrNotAllowed
		}
		return local.As(peer.Actor(), peer.Administrator), nil
	}
	actor, err := socketActor(ctx)
	if err != nil {
		return nil, err
	}
	return local.As(actor, engine.MayChange), nil
}

// listen opens the broker's port.
func listen(address string) (net.Listener, error) {
	if address == "" {
		address = net.JoinHostPort("", strconv.Itoa(wire.BrokerPort))
	}
	listener, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		return listener, nil
	case errors.Is(err, network.AddressInUse):
		return nil, fmt.Errorf("another program listens on %s already, perhaps another broker; end it, or name another port with --listen: %w", address, err)
	case errors.Is(err, network.AddressNotHere):
		return nil, fmt.Errorf("this machine has no address %s; name one of its own with --listen: %w", address, err)
	case errors.Is(err, network.AddressDenied):
		return nil, fmt.Errorf("the system does not let this user listen on %s; name another port, from 1024, with --listen: %w", address, err)
	}
	return nil, fmt.Errorf("listen on %s, see --listen: %w", address, err)
}

// ownAddresses are where machines elsewhere may reach a listener, as far as this machine can tell: its own address, or those
// of all interfaces where it listens on all, private ones before public ones, loopback where there is no other.
func ownAddresses(listening net.Addr) []string {
	at, err := netip.ParseAddrPort(listening.String())
	if err != nil {
		return []string{listening.String()}
	}
	port := strconv.Itoa(int(at.Port()))
	if !at.Addr().IsUnspecified() {
		return []string{net.JoinHostPort(engine.PlainAddress(at.Addr()).String(), port)}
	}
	var private, public []string
	interfaces, _ := net.InterfaceAddrs() // none can be told of where this fails, and loopback stands below
	for _, address := range interfaces {
		prefix, err := netip.ParsePrefix(address.String())
		if err != nil {
			continue
		}
		endpoint := net.JoinHostPort(engine.PlainAddress(prefix.Addr()).String(), port)
		switch engine.Classify(prefix.Addr()) {
		case engine.PrivateAddress:
			private = append(private, endpoint)
		case engine.PublicAddress:
			public = append(public, endpoint)
		}
	}
	all := slices.Concat(private, public)
	if len(all) == 0 {
		all = []string{net.JoinHostPort("127.0.0.1", port)}
	}
	return all[:min(len(all), identity.MaxBrokerAddresses)]
}
