package administration

import (
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/wire"
)

// Service offers an Administration over gRPC.
type Service struct {
	wire.UnimplementedAdministrationServer
	caller func(context.Context) (*Local, error)
}

// NewService makes a service. caller gives the Administration for the caller of a context, or refuses it.
func NewService(caller func(context.Context) (*Local, error)) *Service {
	return &Service{caller: caller}
}

// Requests of the methods that answer in many parts.
type (
	backupRequest struct {
		Passphrase []byte `json:"passphrase"`
	}
)

// admit gives the caller's Administration when its role suffices.
func (s *Service) admit(ctx context.Context) (*Local, error) {
	local, err := s.caller(ctx)
	if err != nil {
		return nil, toStatus(err)
	}
	method, _ := grpc.Method(ctx)
	switch needs := access[method]; {
	case needs == front.AccessView:
	case needs == front.AccessChange && local.role == engine.MayChange:
	case needs == front.AccessChange:
		return nil, toStatus(fmt.Errorf("%w: %s may only view", engine.ErrNotAllowed, local.who))
	default:
		return nil, toStatus(engine.ErrNotAllowed)
	}
	return local, nil
}

// open admits a call that is answered in many parts, and reads its request.
func (s *Service) open(ctx context.Context, in *wire.Document, request any) (*Local, error) {
	local, err := s.admit(ctx)
	if err != nil {
		return nil, err
	}
	if err := readRequest(in.GetJson(), request); err != nil {
		return nil, toStatus(explainUnknown(err, callerVersion(ctx), local.Version))
	}
	return local, nil
}

// answer handles one call: it checks the caller's role, calls the method, and writes the reply or the failure.
func (s *Service) answer(ctx context.Context, e entry, in *wire.Document) (*wire.Document, error) {
	local, err := s.admit(ctx)
	if err != nil {
		return nil, err
	}
	sendVersion(ctx, local.Version)
	reply, err := e.answer(ctx, local, in.GetJson())
	if err != nil {
		if err = explainUnknown(err, callerVersion(ctx), local.Version); !foundOut(err) {
			return nil, toStatus(err)
		}
	}
	text, marshalErr := json.Marshal(reply)
	if marshalErr != nil {
		return nil, toStatus(fmt.Errorf("write the reply: %w", marshalErr))
	}
	out := &wire.Document{Json: text}
	if err != nil {
		out.Failure, _ = toFailure(err)
	}
	return out, nil
}

// Backup sends the archive in parts.
func (s *Service) Backup(in *wire.Document, stream grpc.ServerStreamingServer[wire.Part]) error {
	var request backupRequest
	local, err := s.open(stream.Context(), in, &request)
	if err != nil {
		return err
	}
	defer clear(request.Passphrase)
	return toStatus(local.Backup(stream.Context(), request.Passphrase, partWriter{stream}))
}

// partWriter cuts what is written into parts.
type partWriter struct {
	stream grpc.ServerStreamingServer[wire.Part]
}

const partSize = 128 << 10

func (w partWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), partSize)
		if err := w.stream.Send(&wire.Part{Bytes: p[:n]}); err != nil {
			return written, err
		}
		p, written = p[n:], written+n
	}
	return written, nil
}
