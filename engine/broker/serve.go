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
	"time"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/broker/providers"
	"lockwire/engine/broker/recorder"
	"lockwire/engine/record"
	"lockwire/engine/secret"
	"lockwire/engine/throttle"
	"lockwire/engine/wire"
)

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
		stopping: make(chan struct{}), reconsidered: make(chan struct{}, 1), allotted: make(chan struct{}, 1), allottedNow: make(chan struct{}, 1), joins: make(chan struct{}, 1), minted: make(chan struct{}, 1),
		members: map[engine.ID]*member{}, administrators: map[engine.ID]engine.Administrator{}, providers: map[engine.ID]*providerState{}, tenants: map[engine.ID]*tenant{},
		sessions: map[engine.ID]*live{}, refusals: map[refusalKey]*refusals{}, limited: map[string]int{}, ledger: throttle.NewLedger[sender, engine.CapID](), leaving: map[*attachment]time.Time{},
	}
	b.record = recorder.New(config.Store, config.Authority.RecordKey(), log, &metrics.Writes, b.endUnrecorded)
	if config.DialProvider == nil {
		config.DialProvider = providers.Tunnel(config.Now, nil)
	}
	b.tenancies = providers.New(providers.Config{Folder: config.ProvidersFolder, Dial: config.DialProvider, Log: log, Now: config.Now, Changed: b.providersChanged})
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
	if err := record.BeginChain(ctx, config.Store, config.Authority.RecordKey(), b.installation, config.Now()); err != nil {
		return nil, fmt.Errorf("broker: begin the chain of receipts: %w", err)
	}
	kept, err := config.Store.LiveSessions(ctx)
	if err != nil {
		return nil, fmt.Errorf("broker: read live sessions: %w", err)
	}
	today, err := recorder.ReadToday(ctx, config.Store)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	b.tenancies.Set(loaded.providers)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.today = today
	b.install(loaded)
	b.resume(kept)
	b.resumeLeases()
	b.wantReconsideration() // until then nothing is known of what protects the routes
	return b, nil
}

// attachAccess says who may call the Attachment service.
var attachAccess = map[string]front.Access{wire.Attachment_Attach_FullMethodName: front.AccessComponent}

// makeFront makes the front, with the broker's services and those of the configuration behind it.
func (b *Broker) makeFront(ctx context.Context) error {
	restored, err := restoredFrom(ctx, b.config.Store)
	if err != nil {
		return err
	}
	access := maps.Clone(b.config.Access)
	if access == nil {
		access = map[string]front.Access{}
	}
	for _, own := range []map[string]front.Access{attachAccess, tenancyAccess} {
		for method, who := range own {
			if _, given := access[method]; given {
				return fmt.Errorf("who may call %s is not to be changed", method)
			}
			access[method] = who
		}
	}
	register := []func(*grpc.Server){func(s *grpc.Server) {
		wire.RegisterAttachmentServer(s, attachments{broker: b})
		wire.RegisterTenancyServer(s, tenancies{broker: b})
	}}
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
	workers.Go(func() { b.allotWhenWanted(inner, b.allot) })
	workers.Go(func() { b.eraseWhenWanted(inner) })
	workers.Go(func() { b.checkReceipts(inner) })
	workers.Go(func() { b.keeper.Run(inner) })
	workers.Go(func() { b.tenancies.Run(inner) })
	workers.Go(func() { b.joinWhenWanted(inner) })
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
			b.showSome() // before it allots, so that what was told a moment ago shows once it is in force
			b.tick(now)
			b.wantAllotment()
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
	b.closeLeaving(now)
	b.cutDrained(now)
	b.front.EndExpired(now)
	b.writeRepeatedRefusals(now, false)
	b.record.Tick()
	b.notePast(now)
}
