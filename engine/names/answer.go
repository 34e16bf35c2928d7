package names

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"lockwire/engine"
)

// reply is what DNS said when it was asked for a host.
type reply struct {
	at      time.Time
	byIPv   map[Family][]netip.Addr // the families that were answered
	problem string                  // of those that were not
	tooMany bool
}

// ask asks for both families at once. It never takes longer than answerWithin.
func ask(ctx context.Context, resolver Resolver, host string) reply {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	families := [...]Family{IPv4, IPv6}
	var addresses [len(families)][]netip.Addr
	var problems [len(families)]error
	var both sync.WaitGroup
	for i, family := range families {
		both.Go(func() { addresses[i], problems[i] = resolver.Lookup(ctx, host, family) })
	}
	both.Wait()
	r := reply{at: time.Now(), byIPv: map[Family][]netip.Addr{}}
	var failures []string
	unknown, ignored, found := false, false, 0
	for i, family := range families {
		if err := problems[i]; err != nil && !errors.Is(err, ErrUnknownHost) {
			failures = append(failures, fmt.Sprintf("%s addresses: %v", family, err))
			continue
		}
		kept, tooMany := usable(addresses[i], family)
		unknown = unknown || problems[i] != nil
		ignored = ignored || len(kept) == 0 && len(addresses[i]) > 0
		r.byIPv[family], r.tooMany = kept, r.tooMany || tooMany
		found += len(kept)
	}
	switch {
	case len(failures) > 0:
		r.problem = strings.Join(failures, "; ")
	case found > 0:
	case ignored:
		r.problem = "DNS gave only addresses that rules ignore, such as loopback"
	case unknown:
		r.problem = ErrUnknownHost.Error()
	default:
		r.problem = "DNS has no address for it"
	}
	return r
}

// usable gives the addresses that rules look at, each once and in order, and not more than are kept of a host. An answer with nothing
// but others, as filters of DNS give them, is none.
func usable(given []netip.Addr, family Family) (kept []netip.Addr, tooMany bool) {
	for _, address := range given {
		address = engine.PlainAddress(address)
		if address.Is4() == (family == IPv4) && engine.Classify(address) != engine.IgnoredAddress && !slices.Contains(kept, address) {
			if len(kept) == engine.MaximumHostAddresses {
				return kept, true
			}
			kept = append(kept, address)
		}
	}
	slices.SortFunc(kept, netip.Addr.Compare)
	return kept, false
}

// with is the record after a reply. The record itself stays as it is.
func with(record engine.HostRecord, r reply) engine.HostRecord {
	record.Asked, record.Problem = r.at, r.problem
	if r.tooMany {
		record.TooMany = r.at
	}
	if found := len(r.byIPv[IPv4]) + len(r.byIPv[IPv6]); found > 0 {
		now := slices.DeleteFunc(slices.Clone(record.Now), func(address netip.Addr) bool {
			family := IPv6
			if address.Is4() {
				family = IPv4
			}
			_, answered := r.byIPv[family] // the last answer of a family stands where this one brought none
			return answered
		})
		now = slices.Concat(now, r.byIPv[IPv4], r.byIPv[IPv6])
		slices.SortFunc(now, netip.Addr.Compare)
		if !slices.Equal(now, record.Now) {
			record.Now, record.Since = now, r.at
		}
		record.Answered = r.at
	}
	record.Seen = seen(&record, r.at)
	if len(record.Seen) > engine.MaximumHostAddresses {
		record.Seen, record.TooMany = newest(record.Seen), r.at
	}
	return record
}

// seen is what DNS has said of a host lately: the present answer counts as of now.
func seen(record *engine.HostRecord, at time.Time) []engine.SeenAddress {
	all := make([]engine.SeenAddress, 0, len(record.Seen)+len(record.Now))
	for _, address := range record.Now {
		all = append(all, engine.SeenAddress{Address: address, Last: at})
	}
	for _, old := range record.Seen {
		if engine.Recent(old.Last, at) && !slices.Contains(record.Now, old.Address) {
			if old.Last.After(at) { // the clock was set back
				old.Last = at
			}
			all = append(all, old)
		}
	}
	slices.SortFunc(all, func(a, b engine.SeenAddress) int { return a.Address.Compare(b.Address) })
	return all
}

// newest keeps those that were seen last, in the order of the addresses.
func newest(all []engine.SeenAddress) []engine.SeenAddress {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b engine.SeenAddress) int { return b.Last.Compare(a.Last) })
	all = all[:engine.MaximumHostAddresses]
	slices.SortFunc(all, func(a, b engine.SeenAddress) int { return a.Address.Compare(b.Address) })
	return all
}
