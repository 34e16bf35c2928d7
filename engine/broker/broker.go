package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/broker/recorder"
	"lockwire/engine/identity"
	"lockwire/engine/names"
	"lockwire/engine/secret"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
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
	keeper       *names.Keeper
	metrics      *Metrics
	minting      chan struct{} // holds a token for each key that is being minted
	stopping     chan struct{} // closed when Serve is told to stop
	running      sync.WaitGroup
	reconsidered chan struct{} // holds a token while a reconsideration is wanted
	allotted     chan struct{} // holds a token while an allotment is wanted
	minted       chan struct{} // holds a token while a key was minted of which the runtime may have copies

	// behind is set while the broker has not taken up the record: the last refresh could not read it.
	behind atomic.Bool
	// refreshing serialises refreshes, reconsiderations and changes of enrolled keys. It is taken before mu.
	refreshing sync.Mutex

	mu             sync.Mutex
	present        *configuration
	names          *engine.Names // without hosts; nil when they have to be gathered anew
	members        map[engine.ID]*member
	administrators map[engine.ID]engine.Administrator
	sessions       map[engine.ID]*live
	ordered        []*live // the same, oldest first
	due            deadlines
	refusals       map[refusalKey]*refusals
	limited        map[string]int // live sessions under each rule's limit
	ledger         *throttle.Ledger[sender, bucket]
	allotAfter     time.Time       // when the allotments are looked at again at the earliest
	shownUpTo      int             // the session of ordered whose allotments were shown last
	settling       map[sender]bool // ends from before the broker was started that have not attached yet, and whether limits held for them
	nextChange     time.Time       // when something decides differently by itself; see nextMoment
	considered     uint64          // how often all open sessions were decided anew
	consideredAt   time.Time       // when they were last, by the clock on the wall
	leaving        map[*attachment]time.Time
	revision       atomic.Uint64              // see changed; read without mu
	protections    map[link]engine.Protection // as of consideredAt
	today          engine.DayTotals           // see Today
	tomorrow       time.Time                  // when today is over; zero before it was looked at
	figures        uint64                     // see moved
	snapshot       []engine.Session           // what Sessions gave last, of snapshotOf
	snapshotOf     [2]uint64                  // revision and figures
}

// New loads an installation's record and makes its broker. Nothing is served, and no live session given up, before Serve.
func New(ctx context.Context, config Config) (*Broker, error) {
	log := config.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if config.erase == nil {
		config.erase = secret.Erase
	}
	clock := config.Now
	if clock == nil {
		clock = time.Now
	}
	config.Now = func() time.Time { return onTheWall(clock()) }
	metrics := new(Metrics)
	b := &Broker{
		config: config, log: log, installation: config.Authority.Installation(), started: time.Now(),
		metrics: metrics, minting: make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
		stopping: make(chan struct{}), reconsidered: make(chan struct{}, 1), allotted: make(chan struct{}, 1), minted: make(chan struct{}, 1),
		members: map[engine.ID]*member{}, administrators: map[engine.ID]engine.Administrator{},
		sessions: map[engine.ID]*live{}, refusals: map[refusalKey]*refusals{}, limited: map[string]int{}, ledger: throttle.NewLedger[sender, bucket](), leaving: map[*attachment]time.Time{},
	}
	b.record = recorder.New(config.Store, log, &metrics.Writes, b.endUnrecorded)
	loaded, err := b.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	if err := b.makeKeeper(ctx, &loaded.settings); err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	if err := b.makeFront(ctx); err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	kept, err := config.Store.LiveSessions(ctx)
	if err != nil {
		return nil, fmt.Errorf("broker: read live sessions: %w", err)
	}
	today, err := recorder.ReadToday(ctx, config.Store)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.today = today
	b.install(loaded)
	b.resume(kept)
	b.resumeLeases()
	b.wantReconsideration() // until then nothing is known of what protects the routes
	return b, nil
}

// onTheWall leaves of a moment what the clock on the wall shows. Moments of time.Now are compared by how long the machine has run,
// which does not show that the clock was set.
func onTheWall(now time.Time) time.Time { return now.Round(0) }

// attachAccess says who may call the broker's own service.
var attachAccess = map[string]front.Access{wire.Attachment_Attach_FullMethodName: front.AccessComponent}

// makeFront makes the front, with the broker's service and those of the configuration behind it.
func (b *Broker) makeFront(ctx context.Context) error {
	restored, err := restoredFrom(ctx, b.config.Store)
	if err != nil {
		return err
	}
	access := maps.Clone(b.config.Access)
	if access == nil {
		access = map[string]front.Access{}
	}
	for method, who := range attachAccess {
		if _, given := access[method]; given {
			return fmt.Errorf("who may call %s is not to be changed", method)
		}
		access[method] = who
	}
	register := []func(*grpc.Server){func(s *grpc.Server) { wire.RegisterAttachmentServer(s, attachments{broker: b}) }}
	if b.config.Register != nil {
		register = append(register, b.config.Register)
	}
	b.front, err = front.New(front.Config{
		Store: b.config.Store, Authority: b.config.Authority, Logger: b.log, Members: holders{b}, Addresses: b.config.Addresses,
		Restored: restored, Register: register, Access: access, Calls: &b.metrics.Calls,
	})
	return err
}

// RestoredValue is the name in the store of the moment, in RFC 3339, of the backup that the record was restored from.
const RestoredValue = "restored"

// restoredFrom gives the zero time for a record that was never restored.
func restoredFrom(ctx context.Context, store engine.Store) (time.Time, error) {
	text, err := store.Value(ctx, RestoredValue)
	if errors.Is(err, engine.ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read when the record was restored: %w", err)
	}
	return time.Parse(time.RFC3339, string(text))
}

// Serve runs the broker on a listener until ctx is done, and then stops it: control streams end, calls may finish, the record
// is written. It closes the listener. It must be called once at the most.
func (b *Broker) Serve(ctx context.Context, listener net.Listener) error {
	// What works on the record outlives what takes calls.
	inner, stopInner := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	workers.Go(func() { b.keepTime(inner) })
	workers.Go(func() { b.reconsiderWhenWanted(inner) })
	workers.Go(func() { b.allotWhenWanted(inner) })
	workers.Go(func() { b.eraseWhenWanted(inner) })
	workers.Go(func() { b.keeper.Run(inner) })
	writing, stopWriting := context.WithCancel(context.WithoutCancel(ctx))
	var writer sync.WaitGroup
	writer.Go(func() { b.record.Run(writing) })

	b.log.Info("the broker serves", "address", listener.Addr().String(), "installation", b.installation)
	stopping := sync.OnceFunc(func() { close(b.stopping) })
	err := b.front.Serve(ctx, listener, stopping)
	stopping()
	b.running.Wait()
	stopInner()
	workers.Wait()
	b.leaveRecord()
	stopWriting()
	writer.Wait()
	if err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	return nil
}

// leaveRecord queues what a broker that is started again needs to know.
func (b *Broker) leaveRecord() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writeRepeatedRefusals(time.Now(), true)
	for _, s := range b.sessions {
		b.save(s, nil)
	}
	b.record.Moved(b.today)
}

// keepTime runs the work of each second.
func (b *Broker) keepTime(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			b.tick(now)
			b.lookAtClock()
		case <-ctx.Done():
			return
		}
	}
}

func (b *Broker) tick(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.passDeadlines(now)
	b.slowDown(now)
	b.showAllotments() // before, so that what was told a moment ago shows once it is in force
	if !now.Before(b.allotAfter) {
		b.allot(now)
	}
	b.closeLeaving(now)
	b.cutDrained(now)
	b.front.EndExpired(now)
	b.writeRepeatedRefusals(now, false)
	b.record.Tick()
}

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
