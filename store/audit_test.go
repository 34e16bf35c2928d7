package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

func TestTheEntriesOfOneChangeBelongTogetherWithWhatItMadeOfPairs(t *testing.T) {
	s := openIn(t, newFolder(t))
	change := engine.NewID()
	turned := &engine.Turned{Sealed: 2, Plain: 1, More: 2, Pairs: []engine.TurnedPair{
		{NamedPair: engine.NamedPair{Source: "files", Target: "vault", Routes: []string{"nightly"}}, Before: engine.ProtectionPlain, After: engine.ProtectionSealed}}}
	write(t, s, func(tx engine.Transaction) error {
		for _, e := range []engine.AuditEntry{
			{When: began, Who: "root", What: "settings.set", Thing: "alone"},
			{When: began, Who: "root", What: "rule.add", Thing: "first", Change: change, Turned: turned},
			{When: began, Who: "root", What: "rule.add", Thing: "second", Change: change, Turned: turned},
			{When: began, Who: "root", What: "rule.add", Thing: "another", Change: engine.NewID()},
		} {
			if err := tx.AppendAudit(e); err != nil {
				return err
			}
		}
		return nil
	})
	of := must[[]engine.AuditEntry](t)(s.Audit(t.Context(), engine.AuditQuery{Change: change}))
	if len(of) != 2 || of[0].Thing != "second" || of[1].Thing != "first" {
		t.Fatalf("the change has %+v", of)
	}
	for _, e := range of {
		if d := cmp.Diff(turned, e.Turned); d != "" || e.Change != change {
			t.Errorf("%s is of %s and made\n%s", e.Thing, e.Change, d)
		}
	}
	one := must[[]engine.AuditEntry](t)(s.Audit(t.Context(), engine.AuditQuery{Entry: of[1].ID}))
	if len(one) != 1 || one[0].Thing != "first" {
		t.Errorf("by its id: %+v", one)
	}
	for _, e := range must[[]engine.AuditEntry](t)(s.Audit(t.Context(), engine.AuditQuery{})) {
		if (e.Thing == "alone" || e.Thing == "another") && e.Turned != nil || (e.Thing == "alone") != (e.Change == "") {
			t.Errorf("%+v", e)
		}
	}
}
