package administration

import (
	"context"
	"maps"
	"reflect"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/wire"
)

// none is the request or reply of a method that takes or gives nothing.
type none struct{}

// Requests of methods that take more than one value.
type (
	applyRequest struct {
		Change       engine.Change       `json:"change"`
		Confirmation engine.Confirmation `json:"confirmation"`
	}
	confirmTenantRequest struct {
		Tenant engine.ID    `json:"tenant"`
		Key    engine.KeyID `json:"key"`
	}
)

// The methods that are asked once and answered once, in the order of engine.Administration. This is their only list: the service,
// the client, the access table and METHODS.md are made from it. Backup and Watch answer in many parts; service.go has them.
var (
	callInstallation = view("Installation", "says what this is an administration of", func(ctx context.Context, l *Local, _ none) (engine.Installation, error) { return l.Installation(ctx) })

	callRuleSet = editable("RuleSet", "gives all rules, settings and preferred networks", func(ctx context.Context, l *Local, _ none) (engine.RuleSet, error) { return l.RuleSet(ctx) })
	callPreview = view("Preview", "says what a change would do, without doing it", func(ctx context.Context, l *Local, c engine.Change) (engine.Effect, error) { return l.Preview(ctx, c) })
	callApply   = edit("Apply", "rules, routes, settings, preferred networks and components", "does a change and says what it did", func(ctx context.Context, l *Local, r applyRequest) (engine.Effect, error) {
		return l.Apply(ctx, r.Change, r.Confirmation)
	})
	callExplain = view("Explain", "decides for a question", func(ctx context.Context, l *Local, q engine.Question) (engine.Decision, error) {
		return l.Explain(ctx, q)
	})
	callWeek  = view("Week", "decides for a question at each hour of a week", func(ctx context.Context, l *Local, q engine.Question) (engine.Week, error) { return l.Week(ctx, q) })
	callNames = view("Names", "says what names in rules stand for", func(ctx context.Context, l *Local, q engine.NamesQuestion) ([]engine.NameStatus, error) {
		return l.Names(ctx, q)
	})
	callCoverage = view("Coverage", "decides for all pairs of components", func(ctx context.Context, l *Local, q engine.CoverageQuestion) (engine.Coverage, error) {
		return l.Coverage(ctx, q)
	})

	callCheck = view("Check", "says what is wrong with the whole as far as only the broker can tell", func(ctx context.Context, l *Local, q engine.CheckQuestion) (engine.Checked, error) {
		return l.Check(ctx, q)
	})

	callComponents = editable("Components", "gives all components as they are now", func(ctx context.Context, l *Local, _ none) ([]engine.ComponentStatus, error) {
		return l.Components(ctx)
	})
	callForecast = view("Forecast", "says what more traffic between two components would take", func(ctx context.Context, l *Local, q engine.ForecastQuestion) (engine.Forecast, error) {
		return l.Forecast(ctx, q)
	})
	callCalibrate = change("Calibrate", "the component's calibration", "has a component measure its processor anew", func(ctx context.Context, l *Local, id engine.ID) (none, error) { return none{}, l.Calibrate(ctx, id) })
	callDrain     = change("Drain", "whether components take new connections", "has components take no new connection, or take them again", func(ctx context.Context, l *Local, o engine.DrainOrder) (none, error) {
		return none{}, l.Drain(ctx, o)
	})
	callNewToken = change("NewToken", "join tokens", "makes a join token", func(ctx context.Context, l *Local, r engine.TokenRequest) (engine.Token, error) {
		return l.NewToken(ctx, r)
	})
	callTokens = view("Tokens", "gives the join tokens that are kept, without their secrets", func(ctx context.Context, l *Local, _ none) ([]engine.TokenStatus, error) {
		return l.Tokens(ctx)
	})
	callRevokeToken = change("RevokeToken", "join tokens", "has a join token let nobody in any more", func(ctx context.Context, l *Local, id engine.ID) (none, error) {
		return none{}, l.RevokeToken(ctx, id)
	})

	callServices   = editable("Services", "gives all services", func(ctx context.Context, l *Local, _ none) ([]engine.Service, error) { return l.Services(ctx) })
	callPutService = edit("PutService", "services", "adds a service, or edits the one with its id", func(ctx context.Context, l *Local, s engine.Service) (engine.Service, error) {
		return l.PutService(ctx, s)
	})
	callRemoveService = change("RemoveService", "services", "removes a service that no route leads to", func(ctx context.Context, l *Local, id engine.ID) (none, error) {
		return none{}, l.RemoveService(ctx, id)
	})

	callProviders = view("Providers", "gives the service providers of which this installation is a tenant", func(ctx context.Context, l *Local, _ none) ([]engine.ProviderStatus, error) {
		return l.Providers(ctx)
	})
	callAddProvider = change("AddProvider", "providers", "redeems the link of a service provider", func(ctx context.Context, l *Local, link engine.ProviderLink) (engine.ProviderStatus, error) {
		return l.AddProvider(ctx, link)
	})
	callRemoveProvider = change("RemoveProvider", "providers", "forgets a service provider to which no route leads", func(ctx context.Context, l *Local, id engine.ID) (none, error) {
		return none{}, l.RemoveProvider(ctx, id)
	})

	callRoutes    = editable("Routes", "gives all routes as they are now", func(ctx context.Context, l *Local, _ none) ([]engine.RouteStatus, error) { return l.Routes(ctx) })
	callTestRoute = change("TestRoute", "nothing that is kept, but it moves bytes", "moves real bytes over a route and looks for ways around it", func(ctx context.Context, l *Local, t engine.RouteTest) ([]engine.RouteTestResult, error) {
		return l.TestRoute(ctx, t)
	})
	callProbeRoute = view("ProbeRoute", "says how a route stands on each of its sources, without a connection", func(ctx context.Context, l *Local, id engine.ID) ([]engine.RouteProbe, error) {
		return l.ProbeRoute(ctx, id)
	})

	callTenants = editable("Tenants", "gives the tenants as they are now", func(ctx context.Context, l *Local, _ none) ([]engine.TenantStatus, error) {
		return l.Tenants(ctx)
	})
	callPutTenant = edit("PutTenant", "tenants", "adds a tenant, or edits the one with its id", func(ctx context.Context, l *Local, t engine.Tenant) (engine.Tenant, error) {
		return l.PutTenant(ctx, t)
	})
	callRemoveTenant = change("RemoveTenant", "tenants, and their components", "removes a tenant and revokes its components", func(ctx context.Context, l *Local, id engine.ID) (none, error) {
		return none{}, l.RemoveTenant(ctx, id)
	})
	callLinkTenant = change("LinkTenant", "links of tenants", "makes the link with which a tenant's broker becomes known", func(ctx context.Context, l *Local, r engine.LinkRequest) (engine.TenantLink, error) {
		return l.LinkTenant(ctx, r)
	})
	callConfirmTenant = change("ConfirmTenant", "tenants", "lets a tenant whose link was redeemed begin sessions", func(ctx context.Context, l *Local, r confirmTenantRequest) (none, error) {
		return none{}, l.ConfirmTenant(ctx, r.Tenant, r.Key)
	})

	callSessions = view("Sessions", "gives the live sessions", func(ctx context.Context, l *Local, _ none) ([]engine.Session, error) { return l.Sessions(ctx) })
	callPast     = view("Past", "gives the throughput and the loads of the last 15 minutes", func(ctx context.Context, l *Local, _ none) (engine.Past, error) { return l.Past(ctx) })
	callCut      = change("Cut", "live sessions", "ends a session at once", func(ctx context.Context, l *Local, id engine.ID) (none, error) { return none{}, l.Cut(ctx, id) })
	callReceipt  = view("Receipt", "gives the receipt of a session", func(ctx context.Context, l *Local, id engine.ID) (engine.Receipt, error) { return l.Receipt(ctx, id) })
	callReceipts = view("Receipts", "gives receipts that a query names", func(ctx context.Context, l *Local, q engine.ReceiptQuery) ([]engine.Receipt, error) {
		return l.Receipts(ctx, q)
	})
	callProtectionReport = view("ProtectionReport", "says what was sealed and plain in a span of time, and what is not protected now", func(ctx context.Context, l *Local, s engine.Span) (engine.ProtectionReport, error) {
		return l.ProtectionReport(ctx, s)
	})
	callReceiptTotals = view("ReceiptTotals", "sums up the receipts of a span of time", func(ctx context.Context, l *Local, s engine.Span) (engine.ReceiptTotals, error) {
		return l.ReceiptTotals(ctx, s)
	})
	callReceiptChain = view("ReceiptChain", "gives a page of the chain of receipts with what proves it", func(ctx context.Context, l *Local, q engine.ChainQuery) ([]engine.ChainEntry, error) {
		return l.ReceiptChain(ctx, q)
	})
	callReceiptCheckpoint = view("ReceiptCheckpoint", "states, signed, how far the chain of receipts goes", func(ctx context.Context, l *Local, _ none) (engine.Checkpoint, error) {
		return l.ReceiptCheckpoint(ctx)
	})
	callVerifyReceipts = view("VerifyReceipts", "looks at the whole chain of receipts", func(ctx context.Context, l *Local, _ none) (engine.ReceiptsVerdict, error) {
		return l.VerifyReceipts(ctx)
	})
	callAudit = view("Audit", "gives the entries of the audit that a query names", func(ctx context.Context, l *Local, q engine.AuditQuery) ([]engine.AuditEntry, error) {
		return l.Audit(ctx, q)
	})

	callAdministrators = view("Administrators", "gives all administrators elsewhere", func(ctx context.Context, l *Local, _ none) ([]engine.Administrator, error) {
		return l.Administrators(ctx)
	})
	callRevokeAdministrator = change("RevokeAdministrator", "administrators", "revokes an administrator elsewhere", func(ctx context.Context, l *Local, id engine.ID) (none, error) {
		return none{}, l.RevokeAdministrator(ctx, id)
	})

	callAlarms    = editable("Alarms", "gives the settings of alarms, and how the receivers fare", func(ctx context.Context, l *Local, _ none) (engine.Alarms, error) { return l.Alarms(ctx) })
	callPutAlarms = edit("PutAlarms", "settings and secrets of alarms", "replaces the settings of alarms", func(ctx context.Context, l *Local, e engine.AlarmEdit) (engine.Alarms, error) {
		return l.PutAlarms(ctx, e)
	})
	callTestAlarms = change("TestAlarms", "nothing that is kept, but it sends a test alarm", "sends a test alarm to the receivers", func(ctx context.Context, l *Local, r engine.AlarmReceiver) ([]engine.AlarmTestResult, error) {
		return l.TestAlarms(ctx, r)
	})
)

// streams are the methods that answer in many parts, with what they need.
var streams = map[string]front.Access{"Backup": front.AccessChange, "Watch": front.AccessView}

// method is one method with the types of its request and reply.
type method[Request, Reply any] struct {
	name string
	// editable: its reply is what edits are made from. edits: it writes such a thing back whole.
	editable, edits bool
}

// entry is a method as the service, the access table and the documentation see it.
type entry struct {
	name           string
	access         front.Access
	changes        string // what it changes, in words; empty where it changes nothing
	does           string
	request, reply reflect.Type
	answer         func(ctx context.Context, l *Local, text []byte) (reply any, err error)
}

var entries []entry

// view declares a method that changes nothing.
func view[Request, Reply any](name, does string, do func(context.Context, *Local, Request) (Reply, error)) method[Request, Reply] {
	return declare(front.AccessView, name, "", does, do)
}

// editable declares one that gives what edits are made from.
func editable[Request, Reply any](name, does string, do func(context.Context, *Local, Request) (Reply, error)) method[Request, Reply] {
	m := view(name, does, do)
	m.editable = true
	return m
}

// change declares a method that only an administrator who may change things can call.
func change[Request, Reply any](name, changes, does string, do func(context.Context, *Local, Request) (Reply, error)) method[Request, Reply] {
	return declare(front.AccessChange, name, changes, does, do)
}

// edit declares one that writes back whole what was read before.
func edit[Request, Reply any](name, changes, does string, do func(context.Context, *Local, Request) (Reply, error)) method[Request, Reply] {
	m := change(name, changes, does, do)
	m.edits = true
	return m
}

func declare[Request, Reply any](access front.Access, name, changes, does string, do func(context.Context, *Local, Request) (Reply, error)) method[Request, Reply] {
	entries = append(entries, entry{
		name: name, access: access, changes: changes, does: does, request: reflect.TypeFor[Request](), reply: reflect.TypeFor[Reply](),
		answer: func(ctx context.Context, l *Local, text []byte) (any, error) {
			var request Request
			if err := readRequest(text, &request); err != nil {
				return nil, err
			}
			return do(ctx, l, request)
		},
	})
	return method[Request, Reply]{name: name}
}

// fullName is a method's name as gRPC has it.
func fullName(name string) string {
	return "/" + wire.Administration_ServiceDesc.ServiceName + "/" + name
}

// access says what each method needs, on the local socket and on the broker's port alike. A method that is not here is refused.
var access = func() map[string]front.Access {
	table := map[string]front.Access{}
	for _, e := range entries {
		table[fullName(e.name)] = e.access
	}
	for name, needs := range streams {
		table[fullName(name)] = needs
	}
	return table
}()

// Access is the table for the broker's port.
func Access() map[string]front.Access { return maps.Clone(access) }

// Register puts a service on a server.
func Register(server grpc.ServiceRegistrar, service *Service) {
	description := wire.Administration_ServiceDesc
	for _, e := range entries {
		description.Methods = append(description.Methods, grpc.MethodDesc{MethodName: e.name, Handler: handler(e)})
	}
	server.RegisterService(&description, service)
}

// handler gives gRPC's view of a method.
func handler(e entry) grpc.MethodHandler {
	return func(server any, ctx context.Context, read func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		in := new(wire.Document)
		if err := read(in); err != nil {
			return nil, err
		}
		answer := func(ctx context.Context, in any) (any, error) {
			return server.(*Service).answer(ctx, e, in.(*wire.Document))
		}
		if intercept == nil {
			return answer(ctx, in)
		}
		return intercept(ctx, in, &grpc.UnaryServerInfo{Server: server, FullMethod: fullName(e.name)}, answer)
	}
}
