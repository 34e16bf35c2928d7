package administration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// Client is an Administration at the other end of a gRPC connection.
type Client struct {
	administration wire.AdministrationClient
}

var _ engine.Administration = (*Client)(nil)

// NewClient makes a client of a connection, which stays the caller's to close.
func NewClient(connection grpc.ClientConnInterface) *Client {
	return &Client{wire.NewAdministrationClient(connection)}
}

// method is one of the generated client's methods.
type method func(ctx context.Context, in *wire.Document, options ...grpc.CallOption) (*wire.Document, error)

// call does one call. On a failure the reply holds what the broker sent with it.
func call[Reply any](ctx context.Context, method method, request any) (reply Reply, err error) {
	text, err := json.Marshal(request)
	if err != nil {
		return reply, fmt.Errorf("write the request: %w", err)
	}
	out, err := method(ctx, &wire.Document{Json: text}, grpc.MaxCallRecvMsgSize(wire.MaximumDocument), grpc.MaxCallSendMsgSize(wire.MaximumDocument))
	if err != nil {
		return reply, fromStatus(err, &reply)
	}
	if err := json.Unmarshal(out.GetJson(), &reply); err != nil {
		return reply, fmt.Errorf("read the broker's reply: %w", err)
	}
	return reply, nil
}

// Installation and the methods below ask the broker; engine.Administration says what each does.
func (c *Client) Installation(ctx context.Context) (engine.Installation, error) {
	return call[engine.Installation](ctx, c.administration.Installation, none{})
}

func (c *Client) RuleSet(ctx context.Context) (engine.RuleSet, error) {
	return call[engine.RuleSet](ctx, c.administration.RuleSet, none{})
}

func (c *Client) Preview(ctx context.Context, change engine.Change) (engine.Effect, error) {
	return call[engine.Effect](ctx, c.administration.Preview, change)
}

func (c *Client) Apply(ctx context.Context, change engine.Change, confirmation engine.Confirmation) (engine.Effect, error) {
	return call[engine.Effect](ctx, c.administration.Apply, applyRequest{change, confirmation})
}

func (c *Client) Explain(ctx context.Context, question engine.Question) (engine.Decision, error) {
	return call[engine.Decision](ctx, c.administration.Explain, question)
}

func (c *Client) Week(ctx context.Context, question engine.Question) (engine.Week, error) {
	return call[engine.Week](ctx, c.administration.Week, question)
}

func (c *Client) Coverage(ctx context.Context, question engine.CoverageQuestion) (engine.Coverage, error) {
	return call[engine.Coverage](ctx, c.administration.Coverage, question)
}

func (c *Client) Components(ctx context.Context) ([]engine.ComponentStatus, error) {
	return call[[]engine.ComponentStatus](ctx, c.administration.Components, none{})
}

func (c *Client) Forecast(ctx context.Context, question engine.ForecastQuestion) (engine.Forecast, error) {
	return call[engine.Forecast](ctx, c.administration.Forecast, question)
}

func (c *Client) Calibrate(ctx context.Context, component engine.ID) error {
	_, err := call[none](ctx, c.administration.Calibrate, component)
	return err
}

func (c *Client) NewToken(ctx context.Context, request engine.TokenRequest) (engine.Token, error) {
	return call[engine.Token](ctx, c.administration.NewToken, request)
}

func (c *Client) Services(ctx context.Context) ([]engine.Service, error) {
	return call[[]engine.Service](ctx, c.administration.Services, none{})
}

func (c *Client) PutService(ctx context.Context, service engine.Service) (engine.Service, error) {
	return call[engine.Service](ctx, c.administration.PutService, service)
}

func (c *Client) RemoveService(ctx context.Context, id engine.ID) error {
	_, err := call[none](ctx, c.administration.RemoveService, id)
	return err
}

func (c *Client) Routes(ctx context.Context) ([]engine.RouteStatus, error) {
	return call[[]engine.RouteStatus](ctx, c.administration.Routes, none{})
}

func (c *Client) PutRoute(ctx context.Context, route engine.Route, confirmed bool) (engine.Route, error) {
	return call[engine.Route](ctx, c.administration.PutRoute, routeRequest{route, confirmed})
}

func (c *Client) RemoveRoute(ctx context.Context, id engine.ID) error {
	_, err := call[none](ctx, c.administration.RemoveRoute, id)
	return err
}

func (c *Client) TestRoute(ctx context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error) {
	return call[[]engine.RouteTestResult](ctx, c.administration.TestRoute, test)
}

func (c *Client) Sessions(ctx context.Context) ([]engine.Session, error) {
	return call[[]engine.Session](ctx, c.administration.Sessions, none{})
}

func (c *Client) Cut(ctx context.Context, id engine.ID) error {
	_, err := call[none](ctx, c.administration.Cut, id)
	return err
}

func (c *Client) Receipt(ctx context.Context, id engine.ID) (engine.Receipt, error) {
	return call[engine.Receipt](ctx, c.administration.Receipt, id)
}

func (c *Client) Receipts(ctx context.Context, query engine.ReceiptQuery) ([]engine.Receipt, error) {
	return call[[]engine.Receipt](ctx, c.administration.Receipts, query)
}

func (c *Client) ReceiptTotals(ctx context.Context, span engine.Span) (engine.ReceiptTotals, error) {
	return call[engine.ReceiptTotals](ctx, c.administration.ReceiptTotals, span)
}

func (c *Client) Audit(ctx context.Context, query engine.AuditQuery) ([]engine.AuditEntry, error) {
	return call[[]engine.AuditEntry](ctx, c.administration.Audit, query)
}

func (c *Client) Administrators(ctx context.Context) ([]engine.Administrator, error) {
	return call[[]engine.Administrator](ctx, c.administration.Administrators, none{})
}

func (c *Client) RevokeAdministrator(ctx context.Context, id engine.ID) error {
	_, err := call[none](ctx, c.administration.RevokeAdministrator, id)
	return err
}

// Backup writes the archive as it arrives.
func (c *Client) Backup(ctx context.Context, passphrase []byte, to io.Writer) error {
	text, err := json.Marshal(backupRequest{passphrase})
	if err != nil {
		return err
	}
	defer clear(text)
	stream, err := c.administration.Backup(ctx, &wire.Document{Json: text})
	if err != nil {
		return fromStatus(err, nil)
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fromStatus(err, nil)
		}
		if _, err := to.Write(part.GetBytes()); err != nil {
			return err
		}
	}
}

// Watch calls with each snapshot that arrives.
func (c *Client) Watch(ctx context.Context, interval time.Duration, each func(engine.Snapshot) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	text, err := json.Marshal(watchRequest{interval})
	if err != nil {
		return err
	}
	stream, err := c.administration.Watch(ctx, &wire.Document{Json: text}, grpc.MaxCallRecvMsgSize(wire.MaximumDocument))
	if err != nil {
		return fromStatus(err, nil)
	}
	for {
		document, err := stream.Recv()
		if err != nil {
			return fromStatus(err, nil)
		}
		var snapshot engine.Snapshot
		if err := json.Unmarshal(document.GetJson(), &snapshot); err != nil {
			return fmt.Errorf("read the broker's reply: %w", err)
		}
		if err := each(snapshot); err != nil {
			return err
		}
	}
}
