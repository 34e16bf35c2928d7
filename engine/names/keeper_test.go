package names

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
)

// zone is a DNS in memory. A host that is not in it is unknown.
type zone struct {
	sync.Mutex
	hosts map[string][]netip.Addr
	fail  map[Family]error
	slow  time.Duration
	asked []string // as "host family"
	most  int      // questions at the same time
	now   int
}

func (z *zone) Lookup(ctx context.Context, host string, family Family) ([]netip.Addr, error) {
	z.Lock()
	z.asked = append(z.asked, fmt.Sprintf("%s %s", host, family))
	z.now++
	z.most = max(z.most, z.now)
	slow := z.slow
	z.Unlock()
	defer func() { z.Lock(); z.now--; z.Unlock() }()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	z.Lock()
	defer z.Unlock()
	if err := z.fail[family]; err != nil {
		return nil, err
	}
	all, known := z.hosts[host]
	if !known {
		return nil, ErrUnknownHost
	}
	var some []netip.Addr
	for _, address := range all {
		if address.Unmap().Is4() == (family == IPv4) {
			some = append(some, address)
		}
	}
	return some, nil
}

func (z *zone) set(host string, list ...string) {
	z.Lock()
	defer z.Unlock()
	if z.hosts == nil {
		z.hosts = map[string][]netip.Addr{}
	}
	z.hosts[host] = addresses(list...)
}

func (z *zone) failing(v4, v6 error) {
	z.Lock()
	defer z.Unlock()
	z.fail = map[Family]error{IPv4: v4, IPv6: v6}
}

func (z *zone) count(question string) (count int) {
	z.Lock()
	defer z.Unlock()
	for _, asked := range z.asked {
		if asked == question {
			count++
		}
	}
	return count
}

func addresses(list ...string) []netip.Addr {
	all := []netip.Addr{}
	for _, text := range list {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

// stand is a Keeper that runs, with a record and DNS in memory.
type stand struct {
	*Keeper
	zone    *zone
	stop    func()
	mu      sync.Mutex
	kept    map[string]engine.HostRecord
	writes  int
	broken  error
	changes int
	// unkept counts changes that were told before they were kept.
	unkept int
}

// start runs a Keeper on what another one kept.
func start(t *testing.T, z *zone, kept map[string]engine.HostRecord) *stand {
	s := &stand{zone: z, kept: map[string]engine.HostRecord{}}
	var records []engine.HostRecord
	for name, record := range kept {
		s.kept[name] = record
		records = append(records, record)
	}
	s.Keeper = New(Config{Resolver: z, Kept: records, Save: s.save, Changed: s.changed})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { s.Run(ctx); close(ended) }()
	s.stop = func() { cancel(); <-ended }
	t.Cleanup(s.stop)
	return s
}

func (s *stand) save(_ context.Context, put []engine.HostRecord, forget []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	s.writes++
	for _, record := range put {
		s.kept[record.Name] = record
	}
	for _, name := range forget {
		delete(s.kept, name)
	}
	return nil
}

func (s *stand) changed() {
	answers := s.Answers()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	for name, answer := range answers {
		if !slices.Equal(s.kept[name].Now, answer.Now) {
			s.unkept++
		}
	}
}

func (s *stand) counts() (changes, writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes, s.writes
}

func (s *stand) records() map[string]engine.HostRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept
}

// check compares what a host stands for. The addresses are separated by blanks.
func (s *stand) check(t *testing.T, host, now, lately string) {
	t.Helper()
	words := func(all []netip.Addr) string { return strings.Trim(fmt.Sprint(all), "[]") }
	answer := s.Answers()[host]
	if words(answer.Now) != now || words(answer.Lately) != lately {
		t.Errorf("%s: now %q, lately %q, want %q and %q (%s)", host, words(answer.Now), words(answer.Lately), now, lately, answer.Problem)
	}
}

func TestANewNameIsAskedForAtOnceAndThenEachMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &zone{}, nil)
		s.zone.set("nas", "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.2", "10.0.0.1")
		s.Want([]string{"nas"})
		synctest.Wait()
		s.check(t, "nas", "10.0.0.1 10.0.0.2 2001:db8::1", "10.0.0.1 10.0.0.2 2001:db8::1")
		if changes, _ := s.counts(); changes != 1 || s.unkept != 0 {
			t.Errorf("%d changes, %d before they were kept", changes, s.unkept)
		}
		time.Sleep(10*Every + time.Second)
		synctest.Wait()
		if four, six := s.zone.count("nas IPv4"), s.zone.count("nas IPv6"); four != 11 || six != 11 {
			t.Errorf("asked %d and %d times in 10 minutes", four, six)
		}
		changes, writes := s.counts()
		if changes != 1 || writes != 1 {
			t.Errorf("%d changes and %d writes although nothing changed", changes, writes)
		}
		answer := s.Answers()["nas"]
		if age := time.Since(answer.Since); age < 10*time.Minute {
			t.Errorf("since %s", age)
		}
		if age := time.Since(answer.Answered); age > time.Minute {
			t.Errorf("answered %s ago", age)
		}
	})
}

func TestTheLastAnswerStands(t *testing.T) {
	lost := errors.New("no answer")
	for _, test := range []struct {
		name         string
		does         func(*zone)
		now, problem string
		answered     bool // counts as an answer
	}{
		{"DNS fails", func(z *zone) { z.failing(lost, lost) }, "10.0.0.1 2001:db8::1", "IPv4 addresses: no answer; IPv6 addresses: no answer", false},
		{"DNS knows the name no more", func(z *zone) { z.Lock(); delete(z.hosts, "nas"); z.Unlock() }, "10.0.0.1 2001:db8::1", "DNS knows no such name", false},
		{"DNS has no address any more", func(z *zone) { z.set("nas") }, "10.0.0.1 2001:db8::1", "DNS has no address for it", false},
		{"DNS gives addresses that rules ignore", func(z *zone) { z.set("nas", "0.0.0.0", "::1") }, "10.0.0.1 2001:db8::1", "DNS gave only addresses that rules ignore, such as loopback", false},
		{"IPv6 fails and IPv4 changes", func(z *zone) { z.set("nas", "10.0.0.9"); z.failing(nil, lost) }, "10.0.0.9 2001:db8::1", "IPv6 addresses: no answer", true},
		{"IPv6 has no address any more", func(z *zone) { z.set("nas", "10.0.0.1") }, "10.0.0.1", "", true},
		{"another address", func(z *zone) { z.set("nas", "10.0.0.9") }, "10.0.0.9", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, &zone{}, nil)
				s.zone.set("nas", "10.0.0.1", "2001:db8::1")
				s.Want([]string{"nas"})
				synctest.Wait()
				began := time.Now()
				test.does(s.zone)
				time.Sleep(Every + time.Second)
				synctest.Wait()
				answer := s.Answers()["nas"]
				if now := strings.Trim(fmt.Sprint(answer.Now), "[]"); now != test.now || answer.Problem != test.problem {
					t.Errorf("%q, %q", now, answer.Problem)
				}
				if answer.Answered.After(began) != test.answered || !answer.Asked.After(began) {
					t.Errorf("answered %s, asked %s after the change", answer.Answered.Sub(began), answer.Asked.Sub(began))
				}
				if moved := answer.Since.After(began); moved != (test.now != "10.0.0.1 2001:db8::1") {
					t.Errorf("since %s after the change", answer.Since.Sub(began))
				}
			})
		})
	}
}

func TestAnAnswerCountsForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &zone{}, nil)
		s.zone.set("nas", "10.0.0.1")
		s.Want([]string{"nas"})
		synctest.Wait()
		time.Sleep(48 * time.Hour) // however long the first one stood
		s.zone.set("nas", "10.0.0.2")
		time.Sleep(2 * Every)
		s.check(t, "nas", "10.0.0.2", "10.0.0.1 10.0.0.2")
		time.Sleep(engine.HostWindow - 4*Every)
		s.check(t, "nas", "10.0.0.2", "10.0.0.1 10.0.0.2")
		before, _ := s.counts()
		time.Sleep(5 * Every)
		s.check(t, "nas", "10.0.0.2", "10.0.0.2")
		if after, _ := s.counts(); after != before+1 {
			t.Errorf("%d changes told when an address was a day old", after-before)
		}
	})
}

func TestARestartForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &zone{}, nil)
		s.zone.set("nas", "10.0.0.1")
		s.Want([]string{"nas"})
		synctest.Wait()
		time.Sleep(30 * time.Minute)
		s.zone.set("nas", "10.0.0.2")
		time.Sleep(30*time.Minute + time.Second)
		before := s.Answers()["nas"]
		s.stop()
		if kept := s.records()["nas"]; !kept.Answered.Equal(before.Answered) {
			t.Errorf("the last answer was at %s and is kept as of %s", before.Answered, kept.Answered)
		}

		time.Sleep(20 * time.Hour) // it is off, and DNS is when it comes back
		again := start(t, s.zone, s.records())
		again.zone.failing(errors.New("down"), errors.New("down"))
		again.Want([]string{"nas"})
		synctest.Wait()
		again.check(t, "nas", "10.0.0.2", "10.0.0.1 10.0.0.2")
		if answer := again.Answers()["nas"]; !answer.Since.Equal(before.Since) || !answer.Answered.Equal(before.Answered) || answer.Problem == "" {
			t.Errorf("%+v", answer)
		}
		// The present answer stood until the stop, and counts for a day from the start on, however long nobody asked.
		again.zone.failing(nil, nil)
		again.zone.set("nas", "10.0.0.3")
		time.Sleep(10 * time.Hour)
		again.check(t, "nas", "10.0.0.3", "10.0.0.2 10.0.0.3")
	})
}

func TestWhatCannotBeKeptIsInForceAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &zone{}, nil)
		s.broken = errors.New("the disk is full")
		s.zone.set("nas", "10.0.0.1")
		s.Want([]string{"nas"})
		synctest.Wait()
		s.check(t, "nas", "10.0.0.1", "10.0.0.1")
		s.mu.Lock()
		s.broken = nil
		s.mu.Unlock()
		time.Sleep(saveAgain + time.Second)
		synctest.Wait()
		if len(s.records()["nas"].Now) != 1 {
			t.Errorf("kept: %+v", s.records())
		}
	})
}

func TestANameThatLeavesTheRulesIsKnownForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &zone{}, nil)
		s.zone.set("nas", "10.0.0.1")
		s.zone.set("other", "10.0.0.5")
		s.Want([]string{"nas", "other"})
		synctest.Wait()
		s.zone.set("nas", "10.0.0.2")
		time.Sleep(2*Every + time.Second)
		s.Want([]string{"other"})
		synctest.Wait()
		before := s.zone.count("nas IPv4")
		time.Sleep(time.Hour)
		if s.zone.count("nas IPv4") != before {
			t.Error("it is asked for although it stands in no rule")
		}
		s.Want([]string{"other", "nas"}) // an undo
		synctest.Wait()
		s.check(t, "nas", "10.0.0.2", "10.0.0.1 10.0.0.2")
		if s.zone.count("nas IPv4") != before+1 {
			t.Error("it is not asked for at once when it is in a rule again")
		}
		s.Want([]string{"other"})
		time.Sleep(engine.HostWindow + time.Hour)
		synctest.Wait()
		if _, known := s.records()["nas"]; known || len(s.Answers()) != 1 {
			t.Errorf("kept: %+v", s.records())
		}
	})
}

func TestMoreAddressesThanAreKeptAreToldAndNotForgottenInSilence(t *testing.T) {
	many := func(first, count int) (list []string) {
		for i := range count {
			list = append(list, netip.AddrFrom4([4]byte{10, 0, byte((first + i) >> 8), byte(first + i)}).String())
		}
		return list
	}
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &zone{}, nil)
		s.zone.set("cdn", many(0, engine.MaximumHostAddresses)...)
		s.zone.set("flood", many(0, engine.MaximumHostAddresses+1)...)
		s.Want([]string{"cdn", "flood"})
		synctest.Wait()
		cdn, flood := s.Answers()["cdn"], s.Answers()["flood"]
		if cdn.TooMany || len(cdn.Now) != engine.MaximumHostAddresses {
			t.Errorf("cdn: %t, %d", cdn.TooMany, len(cdn.Now))
		}
		if !flood.TooMany || len(flood.Now) != engine.MaximumHostAddresses {
			t.Errorf("flood: %t, %d", flood.TooMany, len(flood.Now))
		}
		_, before := s.counts()
		time.Sleep(10*Every + time.Second)
		if _, writes := s.counts(); writes != before {
			t.Errorf("%d writes although nothing changed", writes-before)
		}
		s.zone.set("cdn", many(1000, 1)...) // one answer is small, the day's is not
		s.zone.set("flood", many(0, 1)...)
		time.Sleep(2 * Every)
		cdn = s.Answers()["cdn"]
		if !cdn.TooMany || len(cdn.Lately) != engine.MaximumHostAddresses || !slices.Contains(cdn.Lately, cdn.Now[0]) {
			t.Errorf("cdn: %t, %d", cdn.TooMany, len(cdn.Lately))
		}
		time.Sleep(engine.HostWindow + 2*Every)
		if cdn, flood = s.Answers()["cdn"], s.Answers()["flood"]; cdn.TooMany || flood.TooMany || len(cdn.Lately) != 1 || len(flood.Lately) != 1 {
			t.Errorf("after a day: %t %t, %v, %v", cdn.TooMany, flood.TooMany, cdn.Lately, flood.Lately)
		}
	})
}

func TestQuestionsAreBoundedInNumberAndTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &zone{slow: time.Hour}, nil)
		var hosts []string
		for i := range 4 * parallel {
			hosts = append(hosts, fmt.Sprintf("h%03d", i))
		}
		s.Want(hosts)
		time.Sleep(4*answerWithin + time.Second)
		synctest.Wait()
		if s.zone.most > 2*parallel {
			t.Errorf("%d questions at the same time", s.zone.most)
		}
		for _, host := range hosts {
			if answer := s.Answers()[host]; answer.Asked.IsZero() || answer.Resolved() || answer.Problem == "" {
				t.Fatalf("%s: %+v", host, answer)
			}
		}
		// A new name does not wait for those that are asked for again and again.
		time.Sleep(Every)
		s.Want(append(hosts, "new"))
		time.Sleep(answerWithin + time.Second)
		if s.zone.count("new IPv4") == 0 {
			t.Error("the new name still waits")
		}
	})
}

func TestANameIsTriedBeforeItStandsInARule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &zone{slow: time.Second}, nil)
		s.zone.set("nas", "10.0.0.1")
		s.Try(t.Context(), []string{"nas", "nobody"})
		s.check(t, "nas", "10.0.0.1", "10.0.0.1")
		if answer := s.Answers()["nobody"]; answer.Asked.IsZero() || answer.Problem != "DNS knows no such name" {
			t.Errorf("%+v", answer)
		}
		before := s.zone.count("nas IPv4")
		s.Try(t.Context(), []string{"nas"})
		if s.zone.count("nas IPv4") != before {
			t.Error("each look asks again")
		}
		if len(s.records()) != 0 {
			t.Errorf("kept although it stands in no rule: %+v", s.records())
		}
		s.Want([]string{"nas"})
		synctest.Wait()
		if len(s.records()["nas"].Now) != 1 {
			t.Error("not kept once it stands in a rule")
		}
		time.Sleep(triedFor)
		s.Try(t.Context(), nil)
		if _, known := s.Answers()["nobody"]; known {
			t.Error("known for good")
		}
	})
}

func TestWhatIsTriedIsBoundedAndEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &zone{slow: time.Hour}, nil)
		var hosts []string
		for i := range 2 * MaximumTried {
			hosts = append(hosts, fmt.Sprintf("h%03d", i))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		s.Try(ctx, hosts)
		if took := time.Since(began); took != 3*time.Second || len(s.Answers()) != MaximumTried {
			t.Errorf("%s, %d hosts", took, len(s.Answers()))
		}
	})
}

func TestAnotherResolverIsAskedAtOnceAndTheOldOneNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, &zone{slow: 5 * time.Second}, nil)
		s.zone.set("nas", "10.6.6.6")
		s.Want([]string{"nas"})
		time.Sleep(time.Second)
		other := &zone{}
		other.set("nas", "10.0.0.1")
		s.Use(other)
		time.Sleep(6 * time.Second)
		s.check(t, "nas", "10.0.0.1", "10.0.0.1")
	})
}

func TestAClockThatWasSetBackForgetsNothing(t *testing.T) {
	future := time.Now().Add(1000 * time.Hour)
	synctest.Test(t, func(t *testing.T) {
		kept := engine.HostRecord{Name: "nas", Now: addresses("10.0.0.2"), Since: future, Answered: future, Asked: future,
			Seen: []engine.SeenAddress{{Address: addresses("10.0.0.1")[0], Last: future}, {Address: addresses("10.0.0.2")[0], Last: future}}}
		s := start(t, &zone{}, map[string]engine.HostRecord{"nas": kept})
		s.check(t, "nas", "10.0.0.2", "10.0.0.1 10.0.0.2")
		s.zone.set("nas", "10.0.0.3")
		s.Want([]string{"nas"})
		synctest.Wait()
		time.Sleep(23 * time.Hour)
		s.check(t, "nas", "10.0.0.3", "10.0.0.1 10.0.0.2 10.0.0.3")
		time.Sleep(2 * time.Hour)
		s.check(t, "nas", "10.0.0.3", "10.0.0.3")
	})
}
