package administration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/wire"
)

type watchRequest struct {
	Interval time.Duration `json:"interval"`
}

// maximumWatchPart is the largest part that a client reads. It leaves room above what a sender fills.
const maximumWatchPart = 4 << 20

// silenceAfter is how long a watch may be without a heartbeat before what came last is old.
const silenceAfter = 6 * time.Second

// Watch sends the whole state in parts and then what changes. Flow control makes a slow receiver miss states, not queue them.
func (s *Service) Watch(in *wire.Document, stream grpc.ServerStreamingServer[wire.WatchPart]) error {
	var request watchRequest
	local, err := s.open(stream.Context(), in, &request)
	if err != nil {
		return err
	}
	sender := newWatchSender(stream.Send)
	return toStatus(local.watch(stream.Context(), request.Interval, sender.update, sender.beat))
}

// Watch calls with each snapshot that arrives. Where nothing arrives for 6 s it ends with engine.ErrSilent: what came last is old.
func (c *Client) Watch(ctx context.Context, interval time.Duration, each func(engine.Snapshot) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(silenceAfter, func() { cancel(engine.ErrSilent) })
	defer silence.Stop()
	ended := func(err error) error {
		if errors.Is(context.Cause(ctx), engine.ErrSilent) {
			return fmt.Errorf("%w for %s", engine.ErrSilent, silenceAfter)
		}
		return err
	}
	text, err := json.Marshal(watchRequest{interval})
	if err != nil {
		return err
	}
	stream, err := c.administration.Watch(withVersion(ctx, c.version), &wire.Document{Json: text}, grpc.MaxCallRecvMsgSize(maximumWatchPart))
	if err != nil {
		return ended(fromStatus(err))
	}
	receiver := newWatchReceiver(func(text []byte, into any) error { return c.read(text, into, true, "of another version") })
	for {
		part, err := stream.Recv()
		if err != nil {
			return ended(fromStatus(err))
		}
		silence.Stop() // however long the caller takes, that is not the broker's silence
		snapshot, whole, err := receiver.take(part)
		if err == nil && whole {
			err = each(snapshot)
		}
		if err != nil {
			return err
		}
		silence.Reset(silenceAfter)
	}
}
