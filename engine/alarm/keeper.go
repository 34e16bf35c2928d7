package alarm

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"lockwire/engine"
)

// maximumTold bounds the findings that were told and not looked at yet.
const maximumTold = 1024

// Config is what a keeper works with.
type Config struct {
	Installation engine.ID
	// Logger takes what becomes of alarms; nil is nowhere.
	Logger *slog.Logger
}

// Keeper makes alarms of findings and has them sent. It is safe for concurrent use.
type Keeper struct {
	installation engine.ID
	machine      string
	log          *slog.Logger
	told         chan engine.Finding
	lost         atomic.Uint64
	pictures     chan []engine.Finding
	receivers    map[engine.AlarmReceiver]*receiver // never changed

	mu       sync.Mutex
	settings engine.AlarmSettings
}

// New makes a keeper without receivers. Nothing is sent before Run.
func New(config Config) *Keeper {
	log := config.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	machine, err := os.Hostname()
	if err != nil {
		machine = "-"
	}
	k := &Keeper{
		installation: config.Installation, machine: machine, log: log, told: make(chan engine.Finding, maximumTold), pictures: make(chan []engine.Finding),
		receivers: map[engine.AlarmReceiver]*receiver{},
	}
	for _, name := range engine.AlarmReceivers {
		k.receivers[name] = newReceiver(name, log)
	}
	return k
}

// Configure takes up settings and secrets; those of a receiver that is set up already, too.
func (k *Keeper) Configure(settings engine.AlarmSettings, secrets engine.AlarmSecrets) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.settings = settings
	for name, r := range k.receivers {
		r.use(k.senderOf(name, &settings, &secrets))
	}
}

// senderOf makes the sender of a receiver; nil where it is not set up.
func (k *Keeper) senderOf(name engine.AlarmReceiver, settings *engine.AlarmSettings, secrets *engine.AlarmSecrets) sender {
	switch {
	case name == engine.AlarmSyslog && settings.Syslog != nil:
		return newSyslog(settings.Syslog)
	case name == engine.AlarmWebhook && settings.Webhook != nil:
		return newWebhook(settings.Webhook, secrets.WebhookKey)
	}
	return nil
}

// Wanted tells whether anything is to be told of at all.
func (k *Keeper) Wanted() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.settings.Any()
}

func (k *Keeper) wants(f *engine.Finding) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	// What weighs less than its kind, as a plain session that a trusted link allows, was decided by somebody.
	return k.settings.Any() && k.settings.Wants(f.Kind) && f.Severity.Rank() <= f.Kind.Severity().Rank()
}

// Tell says that something happened just now. It never waits.
func (k *Keeper) Tell(f engine.Finding) {
	select {
	case k.told <- f:
	default:
		k.lost.Add(1)
	}
}

// Picture says all that needs attention now. It waits until the keeper has time, or ctx is done.
func (k *Keeper) Picture(ctx context.Context, findings []engine.Finding) {
	select {
	case k.pictures <- findings:
	case <-ctx.Done():
	}
}

// Run makes alarms and sends them until ctx is done.
func (k *Keeper) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	for _, r := range k.receivers {
		running.Go(func() { r.run(ctx) })
	}
	news, bursts := newNews(), newBursts()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var fresh []engine.Finding
		select {
		case <-ctx.Done():
			return
		case f := <-k.told:
			if news.isNew(&f, time.Now()) {
				fresh = []engine.Finding{f}
			}
		case findings := <-k.pictures:
			fresh = news.picture(findings, time.Now())
		case <-timer.C:
		}
		now := time.Now()
		for i := range fresh {
			if k.wants(&fresh[i]) {
				bursts.add(fresh[i], now)
			}
		}
		for _, a := range bursts.due(now) {
			k.put(a)
		}
		pause := time.Hour
		if next := bursts.next(); !next.IsZero() {
			pause = max(time.Until(next), 0)
		}
		timer.Reset(pause)
	}
}

// put completes an alarm and gives it to all receivers.
func (k *Keeper) put(a engine.Alarm) {
	k.complete(&a)
	k.log.Warn("alarm", "kind", string(a.Kind), "text", a.Words())
	for _, r := range k.receivers {
		r.put(a)
	}
}

func (k *Keeper) complete(a *engine.Alarm) {
	a.ID, a.Installation, a.Broker = engine.NewID(), k.installation, k.machine
}

// Test sends a test alarm to a receiver at once, past its queue, and waits for what becomes of it.
func (k *Keeper) Test(ctx context.Context, name engine.AlarmReceiver) engine.AlarmTestResult {
	result := engine.AlarmTestResult{Receiver: name}
	r := k.receivers[name]
	var s sender
	if r != nil {
		s = r.present()
	}
	if s == nil {
		result.Problem = "it is not set up"
		return result
	}
	now := time.Now()
	a := engine.Alarm{Severity: engine.Advice, Text: "This is a test alarm of Lockwire: alarms arrive here.", Count: 1, First: now, Last: now, Test: true}
	k.complete(&a)
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	if err := s.send(ctx, &a, 0); err != nil {
		result.Problem = engine.Printable(err.Error())
	}
	result.Took = time.Since(now)
	return result
}

// Status says how each receiver that is set up fares.
func (k *Keeper) Status() []engine.AlarmReceiverStatus {
	var all []engine.AlarmReceiverStatus
	for _, name := range engine.AlarmReceivers {
		if status, isSet := k.receivers[name].standing(); isSet {
			all = append(all, status)
		}
	}
	return all
}

// Lost counts what was told and never looked at, because too much came at once.
func (k *Keeper) Lost() uint64 { return k.lost.Load() }
