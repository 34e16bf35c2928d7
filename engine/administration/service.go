package administration

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/broker"
	"lockwire/engine/wire"
)

// Service offers an Administration over gRPC.
type Service struct {
	wire.UnimplementedAdministrationServer
	caller func(context.Context) (*Local, error)
}

// NewService makes a service. Caller gives, for the context of a call, the Administration of whoever calls, or why it is refused.
func NewService(caller func(context.Context) (*Local, error)) *Service {
	return &Service{caller: caller}
}

// none is the request of a method that takes nothing.
type none struct{}

// Requests of methods that take more than one value.
type (
	applyRequest struct {
		Change       engine.Change       `json:"change"`
		Confirmation engine.Confirmation `json:"confirmation"`
	}
	routeRequest struct {
		Route     engine.Route `json:"route"`
		Confirmed bool         `json:"confirmed"`
	}
	backupRequest struct {
		Passphrase []byte `json:"passphrase"`
	}
	watchRequest struct {
		Interval time.Duration `json:"interval"`
	}
)

// admit gives the caller's Administration when its role suffices, and reads the request.
func (s *Service) admit(ctx context.Context, in *wire.Document, request any) (*Local, error) {
	local, err := s.caller(ctx)
	if err != nil {
		return nil, toStatus(err, nil)
	}
	method, _ := grpc.Method(ctx)
	switch needs := access[method]; {
	case needs == broker.AccessView:
	case needs == broker.AccessChange && local.role == engine.MayChange:
	case needs == broker.AccessChange:
		return nil, toStatus(fmt.Errorf("%w: %s may only view", engine.ErrNotAllowed, local.who), nil)
	default:
		return nil, toStatus(engine.ErrNotAllowed, nil)
	}
	if len(in.GetJson()) > 0 {
		if err := json.Unmarshal(in.GetJson(), request); err != nil {
			return nil, toStatus(fmt.Errorf("the request cannot be read: %w", err), nil)
		}
	}
	return local, nil
}

// answer does one call: it admits, asks, and writes the reply, or the failure with the reply as far as it is known.
func answer[Request, Reply any](ctx context.Context, s *Service, in *wire.Document, ask func(*Local, Request) (Reply, error)) (*wire.Document, error) {
	var request Request
	local, err := s.admit(ctx, in, &request)
	if err != nil {
		return nil, err
	}
	reply, err := ask(local, request)
	if err != nil {
		return nil, toStatus(err, reply)
	}
	text, err := json.Marshal(reply)
	if err != nil {
		return nil, toStatus(fmt.Errorf("write the reply: %w", err), nil)
	}
	return &wire.Document{Json: text}, nil
}

// Installation and the methods below each do what engine.Administration says of the same name.
func (s *Service) Installation(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, _ none) (engine.Installation, error) { return l.Installation(ctx) })
}

func (s *Service) RuleSet(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, _ none) (engine.RuleSet, error) { return l.RuleSet(ctx) })
}

func (s *Service) Preview(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, change engine.Change) (engine.Effect, error) { return l.Preview(ctx, change) })
}

func (s *Service) Apply(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, r applyRequest) (engine.Effect, error) {
		return l.Apply(ctx, r.Change, r.Confirmation)
	})
}

func (s *Service) Explain(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, question engine.Question) (engine.Decision, error) { return l.Explain(ctx, question) })
}

func (s *Service) Week(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, question engine.Question) (engine.Week, error) { return l.Week(ctx, question) })
}

func (s *Service) Coverage(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, question engine.CoverageQuestion) (engine.Coverage, error) {
		return l.Coverage(ctx, question)
	})
}

func (s *Service) Components(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, _ none) ([]engine.ComponentStatus, error) { return l.Components(ctx) })
}

func (s *Service) Forecast(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, question engine.ForecastQuestion) (engine.Forecast, error) {
		return l.Forecast(ctx, question)
	})
}

func (s *Service) Calibrate(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, id engine.ID) (none, error) { return none{}, l.Calibrate(ctx, id) })
}

func (s *Service) NewToken(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, request engine.TokenRequest) (engine.Token, error) { return l.NewToken(ctx, request) })
}

func (s *Service) Services(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, _ none) ([]engine.Service, error) { return l.Services(ctx) })
}

func (s *Service) PutService(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, service engine.Service) (engine.Service, error) { return l.PutService(ctx, service) })
}

func (s *Service) RemoveService(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, id engine.ID) (none, error) { return none{}, l.RemoveService(ctx, id) })
}

func (s *Service) Routes(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, _ none) ([]engine.RouteStatus, error) { return l.Routes(ctx) })
}

func (s *Service) PutRoute(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, r routeRequest) (engine.Route, error) { return l.PutRoute(ctx, r.Route, r.Confirmed) })
}

func (s *Service) RemoveRoute(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, id engine.ID) (none, error) { return none{}, l.RemoveRoute(ctx, id) })
}

func (s *Service) TestRoute(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, test engine.RouteTest) ([]engine.RouteTestResult, error) { return l.TestRoute(ctx, test) })
}

func (s *Service) Sessions(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, _ none) ([]engine.Session, error) { return l.Sessions(ctx) })
}

func (s *Service) Cut(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, id engine.ID) (none, error) { return none{}, l.Cut(ctx, id) })
}

func (s *Service) Receipt(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, id engine.ID) (engine.Receipt, error) { return l.Receipt(ctx, id) })
}

func (s *Service) Receipts(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, query engine.ReceiptQuery) ([]engine.Receipt, error) { return l.Receipts(ctx, query) })
}

func (s *Service) ReceiptTotals(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, span engine.Span) (engine.ReceiptTotals, error) { return l.ReceiptTotals(ctx, span) })
}

func (s *Service) Audit(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, query engine.AuditQuery) ([]engine.AuditEntry, error) { return l.Audit(ctx, query) })
}

func (s *Service) Administrators(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, _ none) ([]engine.Administrator, error) { return l.Administrators(ctx) })
}

func (s *Service) RevokeAdministrator(ctx context.Context, in *wire.Document) (*wire.Document, error) {
	return answer(ctx, s, in, func(l *Local, id engine.ID) (none, error) { return none{}, l.RevokeAdministrator(ctx, id) })
}

// Backup sends the archive in parts.
func (s *Service) Backup(in *wire.Document, stream grpc.ServerStreamingServer[wire.Part]) error {
	var request backupRequest
	local, err := s.admit(stream.Context(), in, &request)
	if err != nil {
		return err
	}
	defer clear(request.Passphrase)
	return toStatus(local.Backup(stream.Context(), request.Passphrase, partWriter{stream}), nil)
}

// Watch sends a snapshot at once and then whenever the interval has passed. Flow control makes a slow receiver miss snapshots, not queue them.
func (s *Service) Watch(in *wire.Document, stream grpc.ServerStreamingServer[wire.Document]) error {
	var request watchRequest
	local, err := s.admit(stream.Context(), in, &request)
	if err != nil {
		return err
	}
	return toStatus(local.Watch(stream.Context(), request.Interval, func(snapshot engine.Snapshot) error {
		text, err := json.Marshal(snapshot)
		if err != nil {
			return err
		}
		return stream.Send(&wire.Document{Json: text})
	}), nil)
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
