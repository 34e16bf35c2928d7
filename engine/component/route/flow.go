package route

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"lockwire/engine"
	"lockwire/engine/channel"
	"lockwire/engine/component/live"
	"lockwire/engine/network"
	"lockwire/engine/pump"
	"lockwire/engine/stripe"
)

// Flow is one connection inside a session whose channel is open, or about to be accepted.
type Flow struct {
	*live.Flow
	flows   *Flows
	channel *channel.Conn
	streams *stripe.Flow // nil where the channel alone carries the flow
}

// Accept tells the source that its flow is carried. From then on further streams may come.
func (f *Flow) Accept(in *channel.Incoming) error {
	if f.Session.Offer.Streams > engine.OneStream {
		f.flows.striped.expect(f.key())
	}
	conn, err := in.Accept()
	if err != nil {
		return err
	}
	f.channel = conn
	f.Opened(conn.Stats().Group, live.Path{})
	return nil
}

// Remote is the channel as the pump takes it. In plain mode that is the bare connection, so that the kernel can splice.
func (f *Flow) Remote() (pump.End, error) {
	if conn, plain := f.channel.Plain(); plain {
		return pump.NewTCP(conn)
	}
	if f.Session.Offer.Streams > engine.OneStream {
		f.stripe()
		return f.streams, nil
	}
	return f.channel, nil
}

// Ended tells the channel that its flow has ended in order.
func (f *Flow) Ended() { f.channel.PlainEnded() }

// carry runs the flow between the local connection and the channel until it has ended. It takes local over.
func (f *Flow) carry(local *pump.TCP) {
	defer f.Close()
	s := f.Session
	remote, err := f.Remote()
	if err != nil {
		local.Reset()
		s.Log.Warn("connection reset", "flow", f.Number, "reason", err.Error())
		return
	}
	toRemote, toLocal := f.room(), f.room()
	defer toRemote.Close()
	defer toLocal.Close()
	sends, takes := s.Limiters()
	result, err := pump.Run(f.Context, local, remote, pump.Options{
		ToRemote: sends, ToLocal: takes, Counters: &s.Counters, ToRemoteRoom: toRemote, ToLocalRoom: toLocal,
		Silence: f.flows.Silence, HalfClosed: f.flows.HalfClosed,
		LocalName:  func() string { return f.localName(local.RemoteAddr()) },
		RemoteName: func() string { return fmt.Sprintf("the agent of %s at %v", s.Offer.Peer, f.channel.RemoteAddr()) },
	})
	if err == nil {
		f.Ended()
	}
	f.Carried(err)
	f.log(result, err)
}

// room is what the system's buffers of one direction may hold. In plain mode a pipe through which the kernel splices holds up to 1 MiB
// besides, which is more than what is being worked on otherwise.
func (f *Flow) room() *network.Room {
	buffer := f.flows.Buffer
	if _, plain := f.channel.Plain(); plain {
		buffer = buffer / 4 * 3
	}
	return network.NewRoom(buffer, f.Share)
}

// localName says for an error what stands at the local side.
func (f *Flow) localName(address net.Addr) string {
	if f.Session.AtSource() {
		return fmt.Sprintf("the tool at %v", address)
	}
	return fmt.Sprintf("the backend at %v", address)
}

// log tells how the flow ended. That a program resets its connection is everyday life and no warning.
func (f *Flow) log(result pump.Result, err error) {
	if err == nil && !f.Session.Log.Enabled(context.Background(), slog.LevelDebug) {
		return // before anything is made for the line
	}
	log := f.Session.Log.With("flow", f.Number, "sent", result.ToRemote.Bytes, "received", result.ToLocal.Bytes)
	switch {
	case err == nil:
		log.Debug("connection ended")
	case errors.Is(err, channel.ErrRecord), errors.Is(err, stripe.ErrProtocol):
		log.Error("connection reset: a record was not authentic", "reason", err.Error())
	case errors.Is(err, live.ErrQuota), errors.Is(err, pump.ErrDead), errors.Is(err, pump.ErrHalfClosed):
		if more, ok := f.flows.Lines.Pass("ended " + string(f.Session.Offer.Route)); ok {
			log.Warn("connection reset", "reason", err.Error(), "more since the last line", more)
		}
	case errors.Is(err, pump.ErrCancelled):
		log.Info("connection reset", "reason", err.Error())
	case f.Session.RestoresOnly() != "":
		if more, ok := f.flows.Lines.Pass("ended " + string(f.Session.Offer.Route)); ok {
			log.Warn("connection reset", "reason", err.Error(), "the service provider says", f.Session.RestoresOnly(), "more since the last line", more)
		}
	default:
		log.Debug("connection reset", "reason", err.Error())
	}
}

// Close drops the channel with its keys and lets the session know.
func (f *Flow) Close() {
	f.Reset()
	f.flows.striped.remove(f.key())
	if f.streams != nil {
		f.unstripe()
	}
	if f.channel != nil {
		f.channel.Reset() // nothing where it ended in order
		f.channel = nil
	}
	f.Flow.Close()
}

// tcpEnd makes an end of a pump of a connection, which must be TCP: the reset on which truncation depends needs it.
func tcpEnd(conn net.Conn) (*pump.TCP, error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		_ = conn.Close()
		return nil, fmt.Errorf("a flow needs a TCP connection, not %T", conn)
	}
	return pump.NewTCP(tcp)
}
