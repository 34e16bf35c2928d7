package record

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lockwire/engine"
)

// clocksDiffer is how far apart the clocks of two installations may be before the times of a session count as different.
const clocksDiffer = time.Minute

// ReceiptMatch is how the receipts of a tenant agree with those of its provider.
type ReceiptMatch struct {
	// From and Until are the span that both sets cover; zero where there is none.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Compared counts the sessions that both have.
	Compared int `json:"compared"`
	// Outside counts those that one has outside of the span, RefusedAlone those that one has refused and the other never heard of, or
	// counts in another receipt. Neither is a difference.
	Outside      int `json:"outside"`
	RefusedAlone int `json:"refusedAlone"`
	// Differences are sorted by session.
	Differences []ReceiptDifference `json:"differences"`
}

// ReceiptDifference is one thing that the two sides say differently of a session.
type ReceiptDifference struct {
	Session  engine.ID `json:"session"`
	What     string    `json:"what"`
	Tenant   string    `json:"tenant"`
	Provider string    `json:"provider"`
}

// MatchReceipts compares two sets of receipts by their sessions: one is a tenant's, the other one its provider's, in whichever order. It
// leaves out what has nothing to do with the other side. Its error says why nothing could be compared.
func MatchReceipts(a, b []engine.Receipt) (ReceiptMatch, error) {
	tenant, provider, err := sides(a, b)
	if err != nil {
		return ReceiptMatch{}, err
	}
	there := bySession(provider)
	if tenant, err = ofSharedPeer(tenant, there, providerOf, "tenant's", "providers"); err != nil {
		return ReceiptMatch{}, err
	}
	here := bySession(tenant)
	if provider, err = ofSharedPeer(provider, here, tenantOf, "provider's", "tenants"); err != nil {
		return ReceiptMatch{}, err
	}
	match := ReceiptMatch{Differences: []ReceiptDifference{}}
	match.From, match.Until = commonSpan(a, b)
	for _, t := range tenant {
		if p := there[t.ID]; p != nil {
			match.Compared++
			match.Differences = append(match.Differences, differing(t, p)...)
		} else if match.counts(t) {
			match.Differences = append(match.Differences, ReceiptDifference{t.ID, "receipt", present(t), absent})
		}
	}
	for _, p := range provider {
		if here[p.ID] == nil && match.counts(p) {
			match.Differences = append(match.Differences, ReceiptDifference{p.ID, "receipt", absent, present(p)})
		}
	}
	if match.Compared == 0 && len(match.Differences) == 0 {
		return ReceiptMatch{}, errors.New("no session is in both: take the receipts of both sides for the same days")
	}
	slices.SortStableFunc(match.Differences, func(a, b ReceiptDifference) int { return strings.Compare(string(a.Session), string(b.Session)) })
	return match, nil
}

func tenantOf(r *engine.Receipt) engine.ID   { return r.Tenant }
func providerOf(r *engine.Receipt) engine.ID { return r.Provider }

// sides tells which receipts are the tenant's and which the provider's. An installation can be both, so that those count that fit together.
func sides(a, b []engine.Receipt) (tenant, provider []*engine.Receipt, err error) {
	tenant, provider = having(a, providerOf), having(b, tenantOf)
	otherTenant, otherProvider := having(b, providerOf), having(a, tenantOf)
	if len(tenant)+len(provider)+len(otherTenant)+len(otherProvider) == 0 {
		return nil, nil, errors.New("neither has a session between a tenant and its provider")
	}
	order := cmp.Or(cmp.Compare(shared(tenant, provider), shared(otherTenant, otherProvider)),
		cmp.Compare(min(len(tenant), len(provider)), min(len(otherTenant), len(otherProvider))))
	switch {
	case order > 0, order == 0 && len(otherTenant)+len(otherProvider) == 0:
		return tenant, provider, nil
	case order < 0, len(tenant)+len(provider) == 0:
		return otherTenant, otherProvider, nil
	}
	return nil, nil, errors.New("it cannot be told which is the tenant's and which its provider's: one has to have sessions that lead to a provider, the other one those of a tenant")
}

// having picks the receipts that name a peer.
func having(receipts []engine.Receipt, peer func(*engine.Receipt) engine.ID) []*engine.Receipt {
	var with []*engine.Receipt
	for i := range receipts {
		if peer(&receipts[i]) != "" {
			with = append(with, &receipts[i])
		}
	}
	return with
}

func bySession(receipts []*engine.Receipt) map[engine.ID]*engine.Receipt {
	sessions := make(map[engine.ID]*engine.Receipt, len(receipts))
	for _, r := range receipts {
		sessions[r.ID] = r
	}
	return sessions
}

// shared counts the sessions that both have.
func shared(a, b []*engine.Receipt) (count int) {
	sessions := bySession(b)
	for _, r := range a {
		if sessions[r.ID] != nil {
			count++
		}
	}
	return count
}

// ofSharedPeer leaves out the receipts of peers with which no session is shared: those are other tenants, or other providers. It does not
// guess where there are several and nothing is shared with any.
func ofSharedPeer(receipts []*engine.Receipt, other map[engine.ID]*engine.Receipt, peer func(*engine.Receipt) engine.ID, whose, peers string) ([]*engine.Receipt, error) {
	all, sharing := map[engine.ID]bool{}, map[engine.ID]bool{}
	for _, r := range receipts {
		all[peer(r)] = true
		if other[r.ID] != nil {
			sharing[peer(r)] = true
		}
	}
	if len(sharing) == 0 {
		if len(all) > 1 {
			return nil, fmt.Errorf("no session is in both, and the %s receipts are of %d %s: take those of one, for the same days", whose, len(all), peers)
		}
		return receipts, nil
	}
	return slices.DeleteFunc(receipts, func(r *engine.Receipt) bool { return !sharing[peer(r)] }), nil
}

// commonSpan is the time from which on, and until which, both have receipts, of whatever sessions; zero where there is none.
func commonSpan(a, b []engine.Receipt) (from, until time.Time) {
	if len(a) == 0 || len(b) == 0 {
		return from, until
	}
	fromA, untilA := covered(a)
	fromB, untilB := covered(b)
	if from, until = fromA, untilA; fromB.After(from) {
		from = fromB
	}
	if untilB.Before(until) {
		until = untilB
	}
	if until.Before(from) {
		return time.Time{}, time.Time{}
	}
	return from, until
}

// covered is from when the first session began until the last receipt was written. There is at least one.
func covered(receipts []engine.Receipt) (from, until time.Time) {
	from, until = receipts[0].Began, receipts[0].Ended
	for i := range receipts {
		if r := &receipts[i]; r.Began.Before(from) {
			from = r.Began
		}
		if r := &receipts[i]; r.Ended.After(until) {
			until = r.Ended
		}
	}
	return from, until
}

// counts tells whether a session that one side alone has is a difference, and counts it where it is not.
func (m *ReceiptMatch) counts(r *engine.Receipt) bool {
	switch {
	case m.From.IsZero() || r.Began.Before(m.From) || r.Ended.After(m.Until):
		m.Outside++
	case r.State == engine.SessionRefused && r.AllFlows == 0 && r.Traffic.Bytes() == 0:
		m.RefusedAlone++
	default:
		return true
	}
	return false
}

const absent = "no receipt"

func present(r *engine.Receipt) string { return string(r.State) + " " + moment(r.Ended) }

// differing compares the two receipts of one session. What one of them does not know is no difference.
func differing(t, p *engine.Receipt) (differences []ReceiptDifference) {
	note := func(differ bool, what, tenant, provider string) {
		if differ {
			differences = append(differences, ReceiptDifference{t.ID, what, tenant, provider})
		}
	}
	note(t.State != p.State, "state", string(t.State), string(p.State))
	note(t.Traffic.ToTarget != p.Traffic.ToTarget, "bytes to target", fmt.Sprint(t.Traffic.ToTarget), fmt.Sprint(p.Traffic.ToTarget))
	note(t.Traffic.ToSource != p.Traffic.ToSource, "bytes to source", fmt.Sprint(t.Traffic.ToSource), fmt.Sprint(p.Traffic.ToSource))
	note(t.Began.Sub(p.Ended) > clocksDiffer || p.Began.Sub(t.Ended) > clocksDiffer, "time", lasted(t), lasted(p))
	note(t.Decision.Mode != 0 && p.Decision.Mode != 0 && t.Decision.Mode != p.Decision.Mode, "mode", t.Decision.Mode.String(), p.Decision.Mode.String())
	note(t.Cipher != 0 && p.Cipher != 0 && t.Cipher != p.Cipher, "cipher", t.Cipher.String(), p.Cipher.String())
	return differences
}

func lasted(r *engine.Receipt) string { return moment(r.Began) + " to " + moment(r.Ended) }
