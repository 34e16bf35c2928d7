package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"lockwire/engine"
)

// maximumGroups bounds how many pairs, deciders or refusals are told apart while receipts are added up; the sums of the others are exact, too.
const maximumGroups = 100_000

// Tally adds receipts up. What it keeps depends on how many pairs, rules and reasons there are, not on how many receipts.
type Tally struct {
	report   *engine.ProtectionReport
	pairs    map[[2]engine.ID]*engine.ReportedPair
	deciders map[string]*engine.ReportedDecider
	ciphers  map[cipherKey]*engine.ReportedCipher
	refusals map[refusalKey]*engine.ReportedRefusal
}

type cipherKey struct {
	cipher engine.Cipher
	group  string
}

type refusalKey struct {
	route, source, target engine.ID
	reason                string
}

// NewTally adds up into a report, whose sums are zero.
func NewTally(r *engine.ProtectionReport) *Tally {
	return &Tally{r, map[[2]engine.ID]*engine.ReportedPair{}, map[string]*engine.ReportedDecider{}, map[cipherKey]*engine.ReportedCipher{}, map[refusalKey]*engine.ReportedRefusal{}}
}

// Add adds one receipt. They come in the order in which the sessions ended.
func (t *Tally) Add(r *engine.Receipt) {
	if r.State == engine.SessionRefused {
		t.addRefusal(r)
		return
	}
	bytes := r.Traffic.Bytes()
	session := engine.SessionTotals{Sessions: 1, Bytes: bytes}
	var one engine.SealedAndPlain
	one.Add(r.Decision.Mode, bytes)
	of := &t.report.Plain
	if r.Decision.Mode == engine.Sealed {
		of = &t.report.Sealed
	}
	of.Join(session)
	if r.Test {
		t.report.Tests.Join(session)
	}
	if pair := group(t.pairs, [2]engine.ID{r.Source, target(r)}); pair != nil {
		pair.Source, pair.Target, pair.Tenant = r.SourceName, r.TargetName, r.TenantName
		pair.Join(one)
	} else {
		t.report.MorePairs.Join(one)
	}
	if decider := group(t.deciders, string(r.Decision.By)+"\x00"+strings.Join(r.Decision.Rules, "\x00")); decider != nil {
		decider.By, decider.Rules = r.Decision.By, r.Decision.Rules
		decider.Join(one)
	} else {
		t.report.MoreDeciders.Join(one)
	}
	if r.Decision.Mode == engine.Sealed {
		// There are a few of them: what an agent says of the group is checked when it arrives.
		if cipher := group(t.ciphers, cipherKey{r.Cipher, r.Group}); cipher != nil {
			cipher.Cipher, cipher.Group = r.Cipher, r.Group
			cipher.Join(session)
		}
		return
	}
	if len(r.Decision.Triggers) > 0 {
		t.addPlain(r, bytes)
	}
}

// target tells targets apart; a provider's component has no id here.
func target(r *engine.Receipt) engine.ID { return cmp.Or(r.Target, r.Provider) }

// group finds what is added up under a key; nil where there are too many of them.
func group[K comparable, V any](all map[K]*V, key K) *V {
	of := all[key]
	if of == nil && len(all) < maximumGroups {
		of = new(V)
		all[key] = of
	}
	return of
}

func (t *Tally) addRefusal(r *engine.Receipt) {
	t.report.Refused++
	refusal := group(t.refusals, refusalKey{r.Route, r.Source, target(r), r.Reason})
	if refusal == nil {
		t.report.MoreRefusals++
		return
	}
	if refusal.Count == 0 {
		refusal.First = r.Ended
	}
	refusal.Source, refusal.Target, refusal.Route, refusal.Reason, refusal.Last = r.SourceName, r.TargetName, r.RouteName, r.Reason, r.Ended
	refusal.Count++
}

func (t *Tally) addPlain(r *engine.Receipt, bytes uint64) {
	if len(t.report.PlainOnPublic) >= engine.MaximumReportEntries {
		t.report.MorePlainOnPublic.Join(engine.SessionTotals{Sessions: 1, Bytes: bytes})
		return
	}
	plain := engine.ReportedPlain{
		ID: r.ID, Began: r.Began, Ended: r.Ended, Source: r.SourceName, Target: r.TargetName, Route: r.RouteName, Bytes: bytes, Addresses: []string{},
		By: r.Decision.By, Exempt: r.Decision.By == engine.ByExempt, Reason: whyPlain(&r.Decision.Decision),
	}
	for i := range r.Decision.Triggers {
		plain.Addresses = append(plain.Addresses, r.Decision.Triggers[i].Address.Address.String())
	}
	t.report.PlainOnPublic = append(t.report.PlainOnPublic, plain)
}

// whyPlain says why a session was plain although it touched a public address.
func whyPlain(d *engine.Decision) string {
	switch {
	case d.By == engine.ByExempt:
		return "trusted link " + d.ExemptionsInWords()
	case d.By == engine.ByNone:
		return "automatic encryption was turned off (" + engine.OverrideSetting + ")"
	}
	return d.Because()
}

// End puts what was added up into the report, the largest first.
func (t *Tally) End() {
	r := t.report
	pairs := slices.SortedFunc(maps.Values(t.pairs), func(a, b *engine.ReportedPair) int {
		return cmp.Or(cmp.Compare(b.Bytes(), a.Bytes()), strings.Compare(a.Source, b.Source), strings.Compare(a.Target, b.Target))
	})
	r.Pairs = first(pairs, func(p *engine.ReportedPair) { r.MorePairs.Join(p.SealedAndPlain) })
	deciders := slices.SortedFunc(maps.Values(t.deciders), func(a, b *engine.ReportedDecider) int {
		return cmp.Or(cmp.Compare(b.Bytes(), a.Bytes()), strings.Compare(string(a.By), string(b.By)), slices.Compare(a.Rules, b.Rules))
	})
	r.Deciders = first(deciders, func(d *engine.ReportedDecider) { r.MoreDeciders.Join(d.SealedAndPlain) })
	ciphers := slices.SortedFunc(maps.Values(t.ciphers), func(a, b *engine.ReportedCipher) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Cipher, b.Cipher), strings.Compare(a.Group, b.Group))
	})
	r.Ciphers = first(ciphers, func(*engine.ReportedCipher) {})
	refusals := slices.SortedFunc(maps.Values(t.refusals), func(a, b *engine.ReportedRefusal) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), a.First.Compare(b.First), strings.Compare(a.Reason, b.Reason))
	})
	r.Refusals = first(refusals, func(f *engine.ReportedRefusal) { r.MoreRefusals += f.Count })
	if r.PlainOnPublic == nil {
		r.PlainOnPublic = []engine.ReportedPlain{}
	}
}

// first gives as many as a report lists, and hands over the rest.
func first[V any](all []*V, rest func(*V)) []V {
	listed := []V{}
	for _, one := range all {
		if len(listed) < engine.MaximumReportRows {
			listed = append(listed, *one)
		} else {
			rest(one)
		}
	}
	return listed
}
