package engine

import (
	"context"
	"io"
	"time"
)

// Administration is what an administrator can see and do, for console and command line alike.
//
// It is reached in the process of the broker, over the local socket of a running broker, over the network with an
// administrator's certificate, or on a data folder on which no broker runs; then what needs a broker is ErrNoBroker.
// Who acts is fixed when the Administration is made. All methods can be called at the same time.
type Administration interface {
	// Installation says what this is an administration of.
	Installation(ctx context.Context) (Installation, error)

	// RuleSet gives all rules, settings and preferred networks.
	RuleSet(ctx context.Context) (RuleSet, error)
	// Preview says what a change would do, without doing it.
	Preview(ctx context.Context, change Change) (Effect, error)
	// Apply does a change and says what it did. Where something is lost and not confirmed as it is now, nothing is done and the error is
	// ErrNeedsConfirmation; the effect is given with it. An edit of an older copy is refused with an *OutdatedError.
	Apply(ctx context.Context, change Change, confirmation Confirmation) (Effect, error)
	// Explain decides for a question.
	Explain(ctx context.Context, question Question) (Decision, error)
	// Week decides for a question at each hour of the week that its moment lies in.
	Week(ctx context.Context, question Question) (Week, error)
	// Names says what names in rules stand for now.
	Names(ctx context.Context, question NamesQuestion) ([]NameStatus, error)
	// Coverage decides for all pairs of components.
	Coverage(ctx context.Context, question CoverageQuestion) (Coverage, error)
	// Check says what is wrong with the whole as far as only the broker can tell; a Situation makes findings of it.
	Check(ctx context.Context, question CheckQuestion) (Checked, error)

	Components(ctx context.Context) ([]ComponentStatus, error)
	// Forecast says what more traffic between two components would take of both. It needs what a running broker knows of their load.
	Forecast(ctx context.Context, question ForecastQuestion) (Forecast, error)
	// Calibrate has a component measure its processor anew, which takes it a few seconds; the result comes with its next report.
	// ErrInUse where it carries a session.
	Calibrate(ctx context.Context, component ID) error
	// Drain has components take no new connection, or take them again; what they carry goes on, for as long as the order says. It holds
	// until it is undone, over restarts of component and broker. An error tells that none of them was changed.
	Drain(ctx context.Context, order DrainOrder) error
	// NewToken makes a join token. The token is shown once and kept nowhere.
	NewToken(ctx context.Context, request TokenRequest) (Token, error)
	// Tokens gives the join tokens that are kept, the newest first: those that can be used, and others of the last day. Their secrets are
	// kept nowhere.
	Tokens(ctx context.Context) ([]TokenStatus, error)
	// RevokeToken has a join token let nobody in any more; who joined with it stays. One that lets nobody in anyway is no error.
	RevokeToken(ctx context.Context, id ID) error

	Services(ctx context.Context) ([]Service, error)
	// PutService adds a service, or edits the one with its id, whose revision must be the present one.
	PutService(ctx context.Context, service Service) (Service, error)
	// RemoveService refuses with ErrInUse while a route leads to it.
	RemoveService(ctx context.Context, id ID) error

	// Providers gives the service providers of which this installation is a tenant, as they are now.
	Providers(ctx context.Context) ([]ProviderStatus, error)
	// AddProvider redeems a link, which can be done once; it needs a running broker. The name of a provider that is there already
	// links again with it.
	AddProvider(ctx context.Context, link ProviderLink) (ProviderStatus, error)
	// RemoveProvider ends what goes on there and forgets the key for it. It refuses with ErrInUse while a route leads there.
	RemoveProvider(ctx context.Context, id ID) error
	Routes(ctx context.Context) ([]RouteStatus, error)
	// TestRoute moves real bytes from each source to the target and looks for ways around Lockwire.
	TestRoute(ctx context.Context, test RouteTest) ([]RouteTestResult, error)
	// ProbeRoute says how a route stands on each of its sources. It begins no session, makes no connection and leaves no receipt.
	ProbeRoute(ctx context.Context, route ID) ([]RouteProbe, error)

	// Tenants gives the customers of this installation, a service provider's, as they are now.
	Tenants(ctx context.Context) ([]TenantStatus, error)
	// PutTenant adds a tenant, or edits the one with its id, whose revision must be the present one: name, services, limit, quota, end date,
	// and whether it is disabled. What is not allowed any more is cut within seconds.
	PutTenant(ctx context.Context, tenant Tenant) (Tenant, error)
	// RemoveTenant removes a tenant and revokes its components. What it stored stays where it is.
	RemoveTenant(ctx context.Context, id ID) error
	// LinkTenant makes the link with which a tenant's broker becomes known here; those made before count no more. Its text is shown once and
	// kept nowhere. ErrInUse where the tenant has a key already and it is not said that the link replaces it.
	LinkTenant(ctx context.Context, request LinkRequest) (TenantLink, error)
	// ConfirmTenant lets a tenant whose link was redeemed begin sessions. Key is the fingerprint that the tenant has read out; another one than
	// that which redeemed the link is refused.
	ConfirmTenant(ctx context.Context, id ID, key KeyID) error

	Sessions(ctx context.Context) ([]Session, error)
	// Past gives the throughput and the loads of the last 15 minutes, as far as the broker ran; ErrNoBroker where none does.
	Past(ctx context.Context) (Past, error)
	// Cut ends a session at once; its flows are reset.
	Cut(ctx context.Context, id ID) error
	Receipt(ctx context.Context, id ID) (Receipt, error)
	Receipts(ctx context.Context, query ReceiptQuery) ([]Receipt, error)
	// ProtectionReport says for a span what was sealed, what was plain and why, and who changed what. It reads all receipts of the span, which
	// takes a while where there are very many of them.
	ProtectionReport(ctx context.Context, span Span) (ProtectionReport, error)
	// ReceiptTotals sum up the receipts of sessions that ended in a span.
	ReceiptTotals(ctx context.Context, span Span) (ReceiptTotals, error)
	// ReceiptChain gives a page of the chain of receipts, in its order, with what proves it.
	ReceiptChain(ctx context.Context, query ChainQuery) ([]ChainEntry, error)
	// ReceiptCheckpoint states, signed, how far the chain goes now. ErrNotFound where it has not begun.
	ReceiptCheckpoint(ctx context.Context) (Checkpoint, error)
	// VerifyReceipts looks at the whole chain, which takes a second for some 3,000 receipts. Check tells what the broker found by itself.
	VerifyReceipts(ctx context.Context) (ReceiptsVerdict, error)
	Audit(ctx context.Context, query AuditQuery) ([]AuditEntry, error)

	Administrators(ctx context.Context) ([]Administrator, error)
	RevokeAdministrator(ctx context.Context, id ID) error

	// Alarms gives the settings of alarms, and how the receivers fare; never a secret.
	Alarms(ctx context.Context) (Alarms, error)
	// PutAlarms replaces the settings of alarms that were read, and the secrets that are given; their revision must be the present one.
	PutAlarms(ctx context.Context, edit AlarmEdit) (Alarms, error)
	// TestAlarms sends a test alarm to a receiver, or to all where none is named, and waits for what becomes of it. It needs a running broker.
	TestAlarms(ctx context.Context, receiver AlarmReceiver) ([]AlarmTestResult, error)

	// Backup writes a consistent copy of the installation, the CA's key sealed under the passphrase.
	Backup(ctx context.Context, passphrase []byte, to io.Writer) error

	// Watch calls with a snapshot at once, and then whenever the interval has passed and something is other than before, until ctx is
	// done or the function returns an error. Figures, such as rates, count as changed once a second. What it gives is not to be changed.
	// A slow receiver gets the newest snapshot, not every one. ErrSilent where nothing is heard from a broker elsewhere any more: what
	// was given last is old.
	Watch(ctx context.Context, interval time.Duration, each func(Snapshot) error) error
}

// Installation says what an Administration works on.
type Installation struct {
	ID ID `json:"id"`
	// Running tells that a broker runs; without one only the record can be seen and edited.
	Running bool      `json:"running"`
	Version string    `json:"version"`
	Started time.Time `json:"started,omitzero"`
	// Addresses are where components reach the broker, HOST:PORT.
	Addresses []string `json:"addresses"`
	// Role is what the caller may do.
	Role AdministratorRole `json:"role"`
	Who  Actor             `json:"who"`
	// CAPin is the SHA-256 of the CA's public key.
	CAPin KeyID `json:"caPin"`
}

// Snapshot is everything live at one moment.
type Snapshot struct {
	When       time.Time         `json:"when"`
	Components []ComponentStatus `json:"components"`
	Routes     []RouteStatus     `json:"routes"`
	Sessions   []Session         `json:"sessions"`
	Tenants    []TenantStatus    `json:"tenants,omitempty"`
	// Providers are those of which this installation is a tenant.
	Providers []ProviderStatus `json:"providers,omitempty"`
	// Revision grows whenever rules, settings or other records were changed.
	Revision uint64 `json:"revision"`
	// Today is what was moved today.
	Today DayTotals `json:"today"`
	// Hosts are those hosts with whose answers something is wrong, sorted by name, MaximumTroubledHosts of them at the most.
	Hosts []TroubledHost `json:"hosts,omitempty"`
	// RecordProblem says in words why the broker cannot write its record; empty while it can.
	RecordProblem string `json:"recordProblem,omitempty"`
}

// Question asks what the rules would say.
type Question struct {
	// Source and Target are components by id or name, or addresses.
	Source       QuestionParty `json:"source"`
	Target       QuestionParty `json:"target"`
	SameHost     bool          `json:"sameHost"`
	Operation    Operation     `json:"operation"`
	At           time.Time     `json:"at,omitzero"` // zero means now
	LiveSessions int           `json:"liveSessions"`
	// Settings override those of the installation for this question.
	Settings []SettingChange `json:"settings,omitempty"`
	// WhyNot asks for Decision.WhyNot.
	WhyNot bool `json:"whyNot,omitempty"`
}

// QuestionParty is one end of a question.
type QuestionParty struct {
	Component string    `json:"component,omitempty"`
	Addresses []Address `json:"addresses,omitempty"`
	Role      Role      `json:"role,omitempty"`
}
