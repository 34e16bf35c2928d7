package broker

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/broker/providers"
	"lockwire/engine/broker/recorder"
	"lockwire/engine/identity"
	"lockwire/engine/names"
	"lockwire/engine/throttle"
)

// Config is what a broker works with.
type Config struct {
	Store     engine.Store
	Authority *identity.Authority
	// Logger takes what administrators may want to read; nil is nowhere.
	Logger *slog.Logger
	// Addresses are the broker's HOST:PORT, best first. Components get them when they attach.
	Addresses []string
	// Resolver, where it is set, gives what host: names are asked of, for the servers of the settings; nil is DNS.
	Resolver func(servers []string) names.Resolver
	// Prescribed gives what this machine prescribes of the settings; nil is nothing. Refresh takes up what it gives.
	Prescribed func() engine.Prescription
	// Register adds services to the broker's port. It is called once for each of its servers.
	Register func(*grpc.Server)
	// Access says who may call the methods of those services, by full name.
	Access map[string]front.Access
	// Now is the clock that rules go by; nil is time.Now. Tests set it back and forward.
	Now func() time.Time

	// ProvidersFolder holds the keys for the service providers of which the installation is a tenant; empty where it can be none.
	ProvidersFolder string
	// DialProvider, where it is set, reaches the broker of a provider; nil is the tunnel to one of its gateways, without a proxy.
	DialProvider providers.Dial

	// Tell, where it is set, takes what somebody is to be alarmed of at the moment when it happens. It never waits.
	Tell func(engine.Finding)

	// erase waits until no copy is left of what sealed the keys that were minted: secret.Erase.
	erase func(context.Context) error
}

// Broker decides, mints keys and keeps the record of one installation. It is safe for concurrent use.
type Broker struct {
	config       Config
	log          *slog.Logger
	installation engine.ID
	started      time.Time
	front        *front.Front
	record       *recorder.Recorder
	receipts     receiptsCheck
	keeper       *names.Keeper
	tenancies    *providers.Keeper
	metrics      *Metrics
	joins        chan struct{} // holds a token while a look at who joins providers is wanted
	minting      chan struct{} // holds a token for each key that is being minted
	stopping     chan struct{} // closed when Serve is told to stop
	running      sync.WaitGroup
	reconsidered chan struct{} // holds a token while a reconsideration is wanted
	allotted     chan struct{} // holds a token while an allotment is wanted
	allottedNow  chan struct{} // holds a token while one is wanted without a pause
	minted       chan struct{} // holds a token while a key was minted of which the runtime may have copies
	slack        slack         // of eraseWhenWanted

	// behind is set while the broker has not taken up the record: the last refresh could not read it.
	behind atomic.Bool
	// refreshing serialises refreshes, reconsiderations and changes of enrolled keys. It is taken before mu.
	refreshing sync.Mutex

	mu             sync.Mutex
	present        *configuration
	names          *engine.Names // without hosts; nil when they have to be gathered anew
	members        map[engine.ID]*member
	providers      map[engine.ID]*providerState
	byName         []*member // the same, sorted; nil when it has to be made anew: see membersByName
	administrators map[engine.ID]engine.Administrator
	tenants        map[engine.ID]*tenant
	tenantKeys     map[engine.KeyID]keyOwner // of tenantOfKey; nil when it has to be made anew
	sessions       map[engine.ID]*live
	ordered        []*live                 // the same, oldest first
	named          map[engine.ID]time.Time // ids of sessions that providers have named, of late: see mayName
	due            deadlines
	refusals       map[refusalKey]*refusals
	limited        map[string]int // live sessions under each rule's limit
	ledger         *throttle.Ledger[sender, engine.CapID]
	shownUpTo      int             // the session of ordered whose allotments were shown last
	savedUpTo      int             // the session of ordered after the last one whose traffic was saved
	settling       map[sender]bool // ends from before the broker was started that have not attached yet, and whether limits held for them
	nextChange     time.Time       // when something decides differently by itself; see nextMoment
	considered     uint64          // how often all open sessions were decided anew
	consideredAt   time.Time       // when they were last, by the clock on the wall
	leaving        map[*attachment]time.Time
	revision       atomic.Uint64              // see changed; read without mu
	protections    map[link]engine.Protection // see protect
	protectedAs    uint64                     // considered of then; of no use while protections is nil
	today          engine.DayTotals           // see Today
	tomorrow       time.Time                  // when today is over; zero before it was looked at
	past           past                       // see notePast
	figures        uint64                     // see moved
	snapshot       []engine.Session           // what Sessions gave last, of snapshotOf
	snapshotOf     [2]uint64                  // revision and figures
}

// onTheWall leaves of a moment what the clock on the wall shows. Moments of time.Now are compared by how long the machine has run,
// which does not show that the clock was set.
func onTheWall(now time.Time) time.Time { return now.Round(0) }

// changed records a change of something live. b.mu is held.
func (b *Broker) changed() { b.revision.Add(1) }

// moved records a change of live figures: bytes, rates, loads. b.mu is held.
func (b *Broker) moved() { b.figures++ }

// Changed grows with every change of Components, Routes or Sessions other than figures.
func (b *Broker) Changed() uint64 { return b.revision.Load() }

// Addresses are where components reach the broker, HOST:PORT.
func (b *Broker) Addresses() []string { return b.config.Addresses }

// Started is when the broker was made.
func (b *Broker) Started() time.Time { return b.started }

// Metrics are the broker's counters.
func (b *Broker) Metrics() *Metrics { return b.metrics }

// RecordProblem says in words why the record cannot be written, so that no session begins; empty while it can.
func (b *Broker) RecordProblem() string { return b.record.Problem() }
