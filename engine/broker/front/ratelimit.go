package front

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"lockwire/engine"
	"lockwire/engine/network"
)

const (
	// From one address, JoinBurst attempts to join can be refused at once and then joinRate a second. Those that succeed do not
	// count: each took a token, and a rollout behind NAT is one address. What it guards is the broker's time; a token's secret cannot
	// be guessed at any rate.
	joinRate  = rate.Limit(5)
	JoinBurst = 100
	// maximumAddresses bounds of how many addresses it is remembered. Beyond it, the others share one bucket.
	maximumAddresses = 4096
)

// addressLimiter limits how often each address may be refused. IPv6 addresses count by their /64, which one machine has whole.
type addressLimiter struct {
	mu      sync.Mutex
	buckets map[source]*rate.Limiter
	shared  *rate.Limiter
}

// source is who is counted as one: a network or, where many come from one address, a key behind it.
type source struct {
	network netip.Prefix
	key     engine.KeyID
}

// sourceOf is an address as it is counted.
func sourceOf(from netip.Addr) source {
	return source{network: network.CountedBy(from)}
}

func newAddressLimiter() *addressLimiter {
	return &addressLimiter{buckets: map[source]*rate.Limiter{}, shared: rate.NewLimiter(joinRate, JoinBurst)}
}

// admits tells whether an address may try.
func (l *addressLimiter) admits(from source) bool {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.bucketOf(from, now)
	return bucket == nil || bucket.TokensAt(now) >= 1
}

// refused counts that an address was refused.
func (l *addressLimiter) refused(from source) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.bucketOf(from, now)
	if bucket == nil {
		bucket = rate.NewLimiter(joinRate, JoinBurst)
		l.buckets[from] = bucket
	}
	bucket.AllowN(now, 1)
}

// bucketOf gives the bucket of an address; nil where it has none yet and may have one. l.mu is held.
func (l *addressLimiter) bucketOf(from source, now time.Time) *rate.Limiter {
	if bucket := l.buckets[from]; bucket != nil {
		return bucket
	}
	if len(l.buckets) >= maximumAddresses {
		l.forget(now)
	}
	if !from.network.IsValid() || len(l.buckets) >= maximumAddresses {
		return l.shared
	}
	return nil
}

// forget drops the buckets that are full again: they limit no more than a new one would.
func (l *addressLimiter) forget(now time.Time) {
	for from, bucket := range l.buckets {
		if bucket.TokensAt(now) >= JoinBurst {
			delete(l.buckets, from)
		}
	}
}

// Of one holder's certificate, RenewBurst renewals can come in a row and then one a minute: each signs, and is a write that
// all others wait for. An agent renews every few days.
const (
	renewRate  = rate.Limit(1.0 / 60)
	RenewBurst = 20
)

// holderLimiter limits how often each holder of a certificate may renew it. It remembers none that the record did not have.
type holderLimiter struct {
	mu      sync.Mutex
	buckets map[engine.ID]*rate.Limiter
}

func newHolderLimiter() *holderLimiter { return &holderLimiter{buckets: map[engine.ID]*rate.Limiter{}} }

func (l *holderLimiter) allow(holder engine.ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket := l.buckets[holder]
	if bucket == nil {
		bucket = rate.NewLimiter(renewRate, RenewBurst)
		l.buckets[holder] = bucket
	}
	return bucket.Allow()
}
