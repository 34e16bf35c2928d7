package engine

import (
	"context"
	"time"
)

// Store is the record of an installation. The folder store keeps it in SQLite.
//
// Reads see what was committed. All writes go through Write, one at a time: what its function does is one transaction,
// together with the audit entries that it adds, and is durable when Write returns nil.
type Store interface {
	Records
	Write(ctx context.Context, change func(Transaction) error) error
	// Backup writes a consistent copy of the database to a new file while the store is in use.
	Backup(ctx context.Context, file string) error
	Close() error
}

// Records is what can be read of a store. ErrNotFound is returned where one thing was asked for that is not there.
type Records interface {
	// RuleSet gives all rules, Internet among them, sorted by name, with settings and preferred networks.
	RuleSet(ctx context.Context) (RuleSet, error)
	// Components gives all components, revoked ones too, sorted by name.
	Components(ctx context.Context) ([]Component, error)
	// Component finds one by its id, ComponentNamed one that is not revoked by its name, whatever its case.
	Component(ctx context.Context, id ID) (Component, error)
	ComponentNamed(ctx context.Context, name string) (Component, error)
	Services(ctx context.Context) ([]Service, error)
	// Providers gives the service providers of which this installation is a tenant, sorted by name.
	Providers(ctx context.Context) ([]Provider, error)
	// ProviderComponents gives the components that have joined a provider.
	ProviderComponents(ctx context.Context) ([]ProviderComponent, error)
	Routes(ctx context.Context) ([]Route, error)
	Administrators(ctx context.Context) ([]Administrator, error)
	// JoinToken finds a token by the hash of its secret.
	JoinToken(ctx context.Context, hash [32]byte) (JoinToken, error)
	JoinTokens(ctx context.Context) ([]JoinToken, error)
	// LiveSessions gives the sessions that had not ended when they were written last.
	LiveSessions(ctx context.Context) ([]Session, error)
	Receipt(ctx context.Context, id ID) (Receipt, error)
	// Receipts gives receipts newest first.
	Receipts(ctx context.Context, query ReceiptQuery) ([]Receipt, error)
	// ChainHead gives the last entry of the chain of receipts; ErrNotFound where it has not begun. Chain gives a page of it, Unchained the
	// receipts that are not in it, at most so many.
	ChainHead(ctx context.Context) (ChainLink, error)
	Chain(ctx context.Context, query ChainQuery) ([]ChainEntry, error)
	Unchained(ctx context.Context, most int) ([]ID, error)
	// EachReceipt calls with each receipt of a session that ended in a span, in the order in which they ended.
	EachReceipt(ctx context.Context, span Span, each func(*Receipt) error) error
	// ReceiptTotals sum up the receipts of sessions that ended in a span.
	ReceiptTotals(ctx context.Context, span Span) (ReceiptTotals, error)
	Audit(ctx context.Context, query AuditQuery) ([]AuditEntry, error)
	// Hosts gives what is kept of hosts in rules, sorted by name.
	Hosts(ctx context.Context) ([]HostRecord, error)
	// Tenants gives all tenants, sorted by name; Tenant finds one by its id.
	Tenants(ctx context.Context) ([]Tenant, error)
	Tenant(ctx context.Context, id ID) (Tenant, error)
	// LinkRecord finds a tenant's link by the hash of its secret.
	LinkRecord(ctx context.Context, hash [32]byte) (LinkRecord, error)
	// KeyNamed tells whether a key is, or was, that of a component, an administrator, a tenant or one of its components.
	KeyNamed(ctx context.Context, key KeyID) (bool, error)
	// Value gives a fact of the installation by its name, such as its id; ErrNotFound where there is none.
	Value(ctx context.Context, name string) ([]byte, error)
}

// Transaction is what can be written to a store. Put inserts or replaces by id. A name that is taken is ErrNameTaken.
type Transaction interface {
	Records
	// PutRule keeps a rule as given; the caller has checked it and counted its revision up.
	PutRule(Rule) error
	// RemoveRule refuses Internet with ErrPredefined.
	RemoveRule(ID) error
	// PutSettings counts up the revision of each setting that differs, PutPreferredNetworks its one; of components, services and routes the caller has.
	PutSettings(Settings) error
	PutPreferredNetworks(PreferredNetworks) error
	PutComponent(Component) error
	// PutSighting changes of a component what the broker itself knows of it; the rest is administrators'.
	PutSighting(ID, Sighting) error
	PutService(Service) error
	RemoveService(ID) error
	PutProvider(Provider) error
	// RemoveProvider forgets a provider and which components have joined there. It refuses with ErrInUse while a service is one of its.
	RemoveProvider(ID) error
	PutProviderComponent(ProviderComponent) error
	// RemoveProviderComponent does nothing where the component has not joined there.
	RemoveProviderComponent(provider, component ID) error
	PutRoute(Route) error
	RemoveRoute(ID) error
	PutAdministrator(Administrator) error
	PutJoinToken(JoinToken) error
	// RemoveJoinTokens removes those that expired, were used up or were revoked before a moment.
	RemoveJoinTokens(before time.Time) error
	PutSession(Session) error
	RemoveSession(ID) error
	// InsertReceipt writes a receipt once; a second one for the same session is an error.
	InsertReceipt(Receipt) error
	// AppendToChain adds the next entry of the chain of receipts. A receipt is added in the transaction that inserts it.
	AppendToChain(ChainEntry) error
	// AppendAudit gives the entry its id and adds it.
	AppendAudit(AuditEntry) error
	// PutHost keeps what a host stands for, by its name; RemoveHost forgets it, and does nothing where it is not known.
	PutHost(HostRecord) error
	RemoveHost(name string) error
	// PutTenant keeps what administrators and links set of a tenant. What was used of the quota it keeps of a new one only: PutTenantUsed
	// changes that.
	PutTenant(Tenant) error
	PutTenantUsed(id ID, used uint64) error
	// RemoveTenant removes a tenant with its links. Its components stay: receipts tell of them.
	RemoveTenant(ID) error
	// PutLinkRecord keeps a link, by its hash; RemoveLinkRecords removes those of a tenant.
	PutLinkRecord(LinkRecord) error
	RemoveLinkRecords(tenant ID) error
	// NameKey remembers a key of a tenant or of one of its components for good, for KeyNamed. A second time is no error.
	NameKey(KeyID) error
	PutValue(name string, value []byte) error
}
