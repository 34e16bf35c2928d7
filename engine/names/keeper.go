package names

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"lockwire/engine"
)

const (
	// Every is how often each host is asked for.
	Every = time.Minute
	// answerWithin bounds one question for a host, both families and all servers together.
	answerWithin = 10 * time.Second
	// parallel is how many hosts are asked for at the same time.
	parallel = 32
	// saveEvery is how often the record is told of answers that say nothing new, and how soon a failed write is tried again.
	saveEvery = time.Hour
	saveAgain = 10 * time.Second
	// MaximumTried is how many hosts that stand in no rule are known at a time, and triedFor how long: they are those of edits that are
	// being looked at.
	MaximumTried = 256
	triedFor     = 10 * time.Minute
)

// Config is what a Keeper works with.
type Config struct {
	Resolver Resolver
	// Kept are the records of an earlier run.
	Kept []engine.HostRecord
	// Save keeps records, and forgets those of names. What it was given is durable when it returns nil.
	Save func(ctx context.Context, put []engine.HostRecord, forget []string) error
	// Changed is called after a host stands for other addresses than before.
	Changed func()
	// Logger takes what administrators may want to read; nil is nowhere.
	Logger *slog.Logger
}

// Keeper keeps what hosts stand for. It is safe for concurrent use.
type Keeper struct {
	config Config
	log    *slog.Logger
	wake   chan struct{} // holds a token while Run is to look again
	done   chan answered

	mu       sync.Mutex
	resolver Resolver
	used     int // how many resolvers were used before this one
	asking   int // questions under way
	hosts    map[string]*host
	answers  map[string]engine.HostAnswer // what Answers gives; nil when it has to be made anew
	replied  chan struct{}                // closed, and made anew, whenever an answer is in force
}

// host is what is known of one name.
type host struct {
	record engine.HostRecord
	answer engine.HostAnswer // what is in force of the record
	wanted bool              // it stands in a rule
	tried  time.Time         // when Try wanted to know it last
	due    time.Time         // when it is to be asked for next
	asking bool
	// saved is when the record was kept last; unsaved tells that it says something new since.
	saved   time.Time
	unsaved bool
}

// answered is the reply to one question.
type answered struct {
	name  string
	used  int // of the Keeper, when it was asked
	reply reply
}

// New makes a Keeper. It asks for nothing before Run. What an earlier run knew as the present answer counts as of now: it stood until
// that run ended.
func New(config Config) *Keeper {
	log := config.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	k := &Keeper{
		config: config, log: log, wake: make(chan struct{}, 1), done: make(chan answered), resolver: config.Resolver,
		hosts: make(map[string]*host, len(config.Kept)), replied: make(chan struct{}),
	}
	now := time.Now()
	for _, record := range config.Kept {
		record.Seen = seen(&record, now)
		k.hosts[record.Name] = &host{record: record, answer: record.Answer(now), saved: now}
	}
	return k
}

// Want says which hosts stand in rules. A new one is asked for at once.
func (k *Keeper) Want(hosts []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	wanted := make(map[string]bool, len(hosts))
	for _, name := range hosts[:min(len(hosts), engine.MaximumHosts)] {
		wanted[name] = true
		h := k.hosts[name]
		if h == nil {
			h = &host{record: engine.HostRecord{Name: name}}
			k.hosts[name] = h
		}
		if !h.wanted && !h.asking && time.Since(h.record.Asked) >= Every {
			h.due = time.Now()
		}
		// What was heard while it stood in no rule is to be kept from now on.
		h.unsaved = h.unsaved || !h.wanted && h.record.Asked.After(h.saved)
		h.wanted = true
	}
	for name, h := range k.hosts {
		h.wanted = wanted[name]
	}
	k.answers = nil
	k.look()
}

// Use asks another resolver from now on, and asks it for all hosts at once.
func (k *Keeper) Use(resolver Resolver) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.resolver = resolver
	k.used++
	for _, h := range k.hosts {
		h.due = time.Now()
	}
	k.look()
}

// Answers are what DNS has said of all hosts that are known. The map is not changed any more.
func (k *Keeper) Answers() map[string]engine.HostAnswer {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.answers == nil {
		k.answers = make(map[string]engine.HostAnswer, len(k.hosts))
		for name, h := range k.hosts {
			k.answers[name] = h.answer
		}
	}
	return k.answers
}

// Try asks at once for hosts that stand in no rule, such as those of a rule that is being edited, and waits for the answers until
// ctx is done. New ones are known for a while and not kept; there are MaximumTried of them at the most.
func (k *Keeper) Try(ctx context.Context, hosts []string) {
	k.mu.Lock()
	now := time.Now()
	k.dropTried(now)
	var waiting []*host
	room := MaximumTried - k.countTried()
	for _, name := range hosts {
		h := k.hosts[name]
		if h == nil && room > 0 {
			room--
			h = &host{record: engine.HostRecord{Name: name}, due: now}
			k.hosts[name] = h
		}
		switch {
		case h == nil:
			continue
		case h.record.Asked.IsZero(), !h.wanted && now.Sub(h.record.Asked) >= Every:
			h.tried = now
			waiting = append(waiting, h)
		}
	}
	k.look()
	for slices.ContainsFunc(waiting, (*host).untried) {
		replied := k.replied
		k.mu.Unlock()
		select {
		case <-replied:
		case <-ctx.Done():
			return
		}
		k.mu.Lock()
	}
	k.mu.Unlock()
}

// countTried counts the hosts that stand in no rule and were never kept. k.mu is held.
func (k *Keeper) countTried() (count int) {
	for _, h := range k.hosts {
		if h.onlyTried() {
			count++
		}
	}
	return count
}

func (h *host) onlyTried() bool { return !h.wanted && h.saved.IsZero() }

// untried tells whether no answer has come since Try wanted one.
func (h *host) untried() bool { return h.record.Asked.Before(h.tried) }

// dropTried forgets hosts that were tried a while ago. k.mu is held.
func (k *Keeper) dropTried(now time.Time) {
	maps.DeleteFunc(k.hosts, func(_ string, h *host) bool { return h.onlyTried() && !h.asking && now.Sub(h.tried) >= triedFor })
	k.answers = nil
}

// look has Run look what is due. It never waits.
func (k *Keeper) look() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Run asks until ctx is done, and keeps then what is not kept yet. It must be called once at the most.
func (k *Keeper) Run(ctx context.Context) {
	var questions sync.WaitGroup
	save := time.Time{} // when a write that failed is to be tried again
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next := k.start(ctx, &questions)
		if !save.IsZero() && (next.IsZero() || save.Before(next)) {
			next = save
		}
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		var replies []answered
		select {
		case reply := <-k.done:
			replies = append(replies, reply)
			replies = k.others(replies)
		case <-timer.C:
		case <-k.wake:
		case <-ctx.Done():
			k.end(ctx, &questions)
			return
		}
		save = time.Time{}
		if !k.take(ctx, replies) {
			save = time.Now().Add(saveAgain)
		}
	}
}

// others gathers the replies that are there already, so that they are kept with one write.
func (k *Keeper) others(replies []answered) []answered {
	for {
		select {
		case reply := <-k.done:
			replies = append(replies, reply)
		default:
			return replies
		}
	}
}

// end waits for the questions under way, whose answers do not count any more, and keeps what is not kept yet.
func (k *Keeper) end(ctx context.Context, questions *sync.WaitGroup) {
	go func() {
		questions.Wait()
		close(k.done)
	}()
	for range k.done {
	}
	k.mu.Lock()
	for _, h := range k.hosts {
		h.unsaved = h.unsaved || !h.saved.IsZero() && h.record.Asked.After(h.saved)
	}
	k.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
	defer cancel()
	k.take(ctx, nil)
}

// start asks for hosts that are due, those that were never asked for first, and says when the next one is; zero where none is or
// where a reply has to come first.
func (k *Keeper) start(ctx context.Context, questions *sync.WaitGroup) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	var due []*host
	var next time.Time
	for _, h := range k.hosts {
		switch {
		case h.asking || !h.wanted && !h.untried():
		case !h.due.After(now):
			due = append(due, h)
		case next.IsZero() || h.due.Before(next):
			next = h.due
		}
	}
	slices.SortFunc(due, func(a, b *host) int { return a.record.Asked.Compare(b.record.Asked) })
	for _, h := range due {
		if k.asking == parallel {
			break
		}
		k.asking++
		h.asking, h.due = true, now.Add(Every)
		name, resolver, used := h.record.Name, k.resolver, k.used
		questions.Go(func() { k.done <- answered{name, used, ask(ctx, resolver, name)} })
	}
	return next
}

// take takes replies over: it keeps what is new, puts it in force and tells whoever decides. It says whether all was kept.
func (k *Keeper) take(ctx context.Context, replies []answered) bool {
	now := time.Now()
	records := k.read(replies, now)
	put, forget := k.unsaved(records, now)
	kept := true
	if len(put)+len(forget) > 0 {
		// Kept first, so that what is in force outlives a crash. Where that fails it is in force all the same: an answer that is not known
		// is no safer.
		if err := k.config.Save(ctx, put, forget); err != nil {
			kept = false
			k.log.Error("what DNS said of names in rules is not kept yet; it is tried again", "error", err)
		}
	}
	k.mu.Lock()
	changed := k.putInForce(records, now)
	if kept {
		for _, record := range put {
			if h := k.hosts[record.Name]; h != nil {
				h.saved, h.unsaved = now, false
			}
		}
		for _, name := range forget {
			if h := k.hosts[name]; h != nil && !h.wanted {
				delete(k.hosts, name)
			}
		}
	}
	k.answers = nil
	close(k.replied)
	k.replied = make(chan struct{})
	k.mu.Unlock()
	if changed {
		k.config.Changed()
	}
	return kept
}

// read makes records of replies. One of a resolver that is not asked any more is thrown away.
func (k *Keeper) read(replies []answered, now time.Time) map[string]engine.HostRecord {
	k.mu.Lock()
	defer k.mu.Unlock()
	records := map[string]engine.HostRecord{}
	for _, r := range replies {
		k.asking--
		h := k.hosts[r.name]
		if h == nil {
			continue
		}
		h.asking = false
		if r.used != k.used {
			h.due = now
			continue
		}
		records[r.name] = with(h.record, r.reply)
	}
	return records
}

// unsaved gives the records that are to be kept, and the names whose records are of no use any more.
func (k *Keeper) unsaved(records map[string]engine.HostRecord, now time.Time) (put []engine.HostRecord, forget []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, h := range k.hosts {
		record, replied := records[name]
		if !replied {
			record = h.record
		}
		h.unsaved = h.unsaved || h.wanted && replied && (saysMore(&h.record, &record) || now.Sub(h.saved) >= saveEvery)
		if h.unsaved && !h.onlyTried() {
			put = append(put, record)
		}
		unseen := !slices.ContainsFunc(record.Seen, func(s engine.SeenAddress) bool { return engine.Recent(s.Last, now) })
		if !h.wanted && !h.saved.IsZero() && unseen {
			forget = append(forget, name)
		}
	}
	return put, forget
}

// saysMore tells whether a record holds what the older one does not, besides when it was asked for.
func saysMore(older, newer *engine.HostRecord) bool {
	same := func(a, b engine.SeenAddress) bool { return a.Address == b.Address }
	tooMany := func(record *engine.HostRecord) bool { return engine.Recent(record.TooMany, newer.Asked) }
	return older.Asked.IsZero() || !slices.Equal(older.Now, newer.Now) || tooMany(older) != tooMany(newer) || !slices.EqualFunc(older.Seen, newer.Seen, same)
}

// putInForce takes records over and tells whether a host stands for something else now. k.mu is held.
func (k *Keeper) putInForce(records map[string]engine.HostRecord, now time.Time) (changed bool) {
	for name, record := range records {
		h := k.hosts[name]
		if h == nil {
			continue
		}
		was, is := h.answer, record.Answer(now)
		h.record, h.answer = record, is
		if slices.Equal(was.Now, is.Now) && slices.Equal(was.Lately, is.Lately) && was.TooMany == is.TooMany {
			continue
		}
		changed = true
		level := slog.LevelInfo
		if slices.Equal(was.Lately, is.Lately) {
			level = slog.LevelDebug // one that hands its addresses out in turn
		}
		k.log.Log(context.Background(), level, "a name in the rules stands for other addresses", "name", "host:"+name, "before", was.Now, "now", is.Now, "lately", is.Lately)
	}
	return changed
}
