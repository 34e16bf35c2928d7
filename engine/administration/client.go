package administration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// Client is an Administration at the other end of a gRPC connection.
type Client struct {
	connection     grpc.ClientConnInterface
	administration wire.AdministrationClient // its methods that answer in many parts
	version        string
	newer          newer
}

var _ engine.Administration = (*Client)(nil)

// NewClient makes a client. The caller closes the connection. Version is the program's.
func NewClient(connection grpc.ClientConnInterface, version string) *Client {
	return &Client{connection: connection, administration: wire.NewAdministrationClient(connection), version: version}
}

// ask makes one call. With an error, the reply holds what the broker sent along.
func ask[Request, Reply any](ctx context.Context, c *Client, method method[Request, Reply], request Request) (reply Reply, err error) {
	if method.edits {
		if err := c.newer.refuse(); err != nil {
			return reply, err
		}
	}
	text, err := json.Marshal(request)
	if err != nil {
		return reply, fmt.Errorf("write the request: %w", err)
	}
	var theirs metadata.MD
	out := new(wire.Document)
	err = c.connection.Invoke(withVersion(ctx, c.version), fullName(method.name), &wire.Document{Json: text}, out,
		grpc.Header(&theirs), grpc.MaxCallRecvMsgSize(wire.MaximumDocument), grpc.MaxCallSendMsgSize(wire.MaximumDocument))
	if err != nil {
		return reply, fromStatus(err)
	}
	if err := c.read(out.GetJson(), &reply, method.editable, versionIn(theirs)); err != nil {
		return reply, fmt.Errorf("read the broker's reply to %s: %w", method.name, err)
	}
	if failure := out.GetFailure(); failure != nil {
		return reply, fromFailure(failure, errors.New(failure.GetText()))
	}
	return reply, nil
}

// Installation and the methods below ask the broker; engine.Administration says what each does.
func (c *Client) Installation(ctx context.Context) (engine.Installation, error) {
	return ask(ctx, c, callInstallation, none{})
}

func (c *Client) RuleSet(ctx context.Context) (engine.RuleSet, error) {
	return ask(ctx, c, callRuleSet, none{})
}

func (c *Client) Preview(ctx context.Context, change engine.Change) (engine.Effect, error) {
	return ask(ctx, c, callPreview, change)
}

func (c *Client) Apply(ctx context.Context, change engine.Change, confirmation engine.Confirmation) (engine.Effect, error) {
	return ask(ctx, c, callApply, applyRequest{change, confirmation})
}

func (c *Client) Explain(ctx context.Context, question engine.Question) (engine.Decision, error) {
	return ask(ctx, c, callExplain, question)
}

func (c *Client) Names(ctx context.Context, question engine.NamesQuestion) ([]engine.NameStatus, error) {
	return ask(ctx, c, callNames, question)
}

func (c *Client) Week(ctx context.Context, question engine.Question) (engine.Week, error) {
	return ask(ctx, c, callWeek, question)
}

func (c *Client) Coverage(ctx context.Context, question engine.CoverageQuestion) (engine.Coverage, error) {
	return ask(ctx, c, callCoverage, question)
}

func (c *Client) Check(ctx context.Context, question engine.CheckQuestion) (engine.Checked, error) {
	return ask(ctx, c, callCheck, question)
}

func (c *Client) Components(ctx context.Context) ([]engine.ComponentStatus, error) {
	return ask(ctx, c, callComponents, none{})
}

func (c *Client) Forecast(ctx context.Context, question engine.ForecastQuestion) (engine.Forecast, error) {
	return ask(ctx, c, callForecast, question)
}

func (c *Client) Calibrate(ctx context.Context, component engine.ID) error {
	_, err := ask(ctx, c, callCalibrate, component)
	return err
}

func (c *Client) Drain(ctx context.Context, order engine.DrainOrder) error {
	_, err := ask(ctx, c, callDrain, order)
	return err
}

func (c *Client) NewToken(ctx context.Context, request engine.TokenRequest) (engine.Token, error) {
	return ask(ctx, c, callNewToken, request)
}

// Tokens gives the join tokens that are kept, the newest first.
func (c *Client) Tokens(ctx context.Context) ([]engine.TokenStatus, error) {
	return ask(ctx, c, callTokens, none{})
}

// RevokeToken has a join token let nobody in any more.
func (c *Client) RevokeToken(ctx context.Context, id engine.ID) error {
	_, err := ask(ctx, c, callRevokeToken, id)
	return err
}

func (c *Client) Services(ctx context.Context) ([]engine.Service, error) {
	return ask(ctx, c, callServices, none{})
}

func (c *Client) PutService(ctx context.Context, service engine.Service) (engine.Service, error) {
	return ask(ctx, c, callPutService, service)
}

func (c *Client) RemoveService(ctx context.Context, id engine.ID) error {
	_, err := ask(ctx, c, callRemoveService, id)
	return err
}

func (c *Client) Providers(ctx context.Context) ([]engine.ProviderStatus, error) {
	return ask(ctx, c, callProviders, none{})
}

func (c *Client) AddProvider(ctx context.Context, link engine.ProviderLink) (engine.ProviderStatus, error) {
	return ask(ctx, c, callAddProvider, link)
}

func (c *Client) RemoveProvider(ctx context.Context, id engine.ID) error {
	_, err := ask(ctx, c, callRemoveProvider, id)
	return err
}

func (c *Client) Routes(ctx context.Context) ([]engine.RouteStatus, error) {
	return ask(ctx, c, callRoutes, none{})
}

func (c *Client) TestRoute(ctx context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error) {
	return ask(ctx, c, callTestRoute, test)
}

func (c *Client) ProbeRoute(ctx context.Context, route engine.ID) ([]engine.RouteProbe, error) {
	return ask(ctx, c, callProbeRoute, route)
}

func (c *Client) Tenants(ctx context.Context) ([]engine.TenantStatus, error) {
	return ask(ctx, c, callTenants, none{})
}

func (c *Client) PutTenant(ctx context.Context, tenant engine.Tenant) (engine.Tenant, error) {
	return ask(ctx, c, callPutTenant, tenant)
}

func (c *Client) RemoveTenant(ctx context.Context, id engine.ID) error {
	_, err := ask(ctx, c, callRemoveTenant, id)
	return err
}

func (c *Client) LinkTenant(ctx context.Context, request engine.LinkRequest) (engine.TenantLink, error) {
	return ask(ctx, c, callLinkTenant, request)
}

func (c *Client) ConfirmTenant(ctx context.Context, id engine.ID, key engine.KeyID) error {
	_, err := ask(ctx, c, callConfirmTenant, confirmTenantRequest{id, key})
	return err
}

func (c *Client) Sessions(ctx context.Context) ([]engine.Session, error) {
	return ask(ctx, c, callSessions, none{})
}

func (c *Client) Cut(ctx context.Context, id engine.ID) error {
	_, err := ask(ctx, c, callCut, id)
	return err
}

func (c *Client) Past(ctx context.Context) (engine.Past, error) {
	return ask(ctx, c, callPast, none{})
}

func (c *Client) Receipt(ctx context.Context, id engine.ID) (engine.Receipt, error) {
	return ask(ctx, c, callReceipt, id)
}

func (c *Client) Receipts(ctx context.Context, query engine.ReceiptQuery) ([]engine.Receipt, error) {
	return ask(ctx, c, callReceipts, query)
}

func (c *Client) ProtectionReport(ctx context.Context, span engine.Span) (engine.ProtectionReport, error) {
	return ask(ctx, c, callProtectionReport, span)
}

func (c *Client) ReceiptTotals(ctx context.Context, span engine.Span) (engine.ReceiptTotals, error) {
	return ask(ctx, c, callReceiptTotals, span)
}

func (c *Client) ReceiptChain(ctx context.Context, query engine.ChainQuery) ([]engine.ChainEntry, error) {
	return ask(ctx, c, callReceiptChain, query)
}

func (c *Client) ReceiptCheckpoint(ctx context.Context) (engine.Checkpoint, error) {
	return ask(ctx, c, callReceiptCheckpoint, none{})
}

func (c *Client) VerifyReceipts(ctx context.Context) (engine.ReceiptsVerdict, error) {
	return ask(ctx, c, callVerifyReceipts, none{})
}

func (c *Client) Audit(ctx context.Context, query engine.AuditQuery) ([]engine.AuditEntry, error) {
	return ask(ctx, c, callAudit, query)
}

func (c *Client) Alarms(ctx context.Context) (engine.Alarms, error) {
	return ask(ctx, c, callAlarms, none{})
}

func (c *Client) PutAlarms(ctx context.Context, edit engine.AlarmEdit) (engine.Alarms, error) {
	return ask(ctx, c, callPutAlarms, edit)
}

func (c *Client) TestAlarms(ctx context.Context, receiver engine.AlarmReceiver) ([]engine.AlarmTestResult, error) {
	return ask(ctx, c, callTestAlarms, receiver)
}

func (c *Client) Administrators(ctx context.Context) ([]engine.Administrator, error) {
	return ask(ctx, c, callAdministrators, none{})
}

func (c *Client) RevokeAdministrator(ctx context.Context, id engine.ID) error {
	_, err := ask(ctx, c, callRevokeAdministrator, id)
	return err
}

// Backup writes the archive as it arrives.
func (c *Client) Backup(ctx context.Context, passphrase []byte, to io.Writer) error {
	text, err := json.Marshal(backupRequest{passphrase})
	if err != nil {
		return err
	}
	defer clear(text)
	stream, err := c.administration.Backup(withVersion(ctx, c.version), &wire.Document{Json: text})
	if err != nil {
		return fromStatus(err)
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fromStatus(err)
		}
		if _, err := to.Write(part.GetBytes()); err != nil {
			return err
		}
	}
}
