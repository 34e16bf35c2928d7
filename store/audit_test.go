package store

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
	"lockwire/engine/enginetest/memorystore"
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

// TestAChangeIsOneEntryWhereThatIsAskedFor pages through changes of several entries among others, on both stores.
func TestAChangeIsOneEntryWhereThatIsAskedFor(t *testing.T) {
	for name, s := range map[string]engine.Store{"SQLite": openIn(t, newFolder(t)), "memory": memorystore.New()} {
		t.Run(name, func(t *testing.T) {
			imported, renamed := engine.NewID(), engine.NewID()
			add := func(days int, what, thing string, change engine.ID) engine.AuditEntry {
				return engine.AuditEntry{When: began.AddDate(0, 0, days), Who: "root", What: what, Thing: thing, Change: change}
			}
			if err := s.Write(t.Context(), func(tx engine.Transaction) error {
				for _, e := range []engine.AuditEntry{
					add(0, "settings.set", "alone", ""), add(0, "rule.add", "a", imported), add(0, "rule.edit", "b", imported), add(0, "rule.add", "c", imported),
					add(1, "rule.edit", "single", engine.NewID()), add(2, "component.rename", "vault", renamed), add(2, "rule.edit", "d", renamed), add(3, "settings.set", "last", ""),
				} {
					if err := tx.AppendAudit(e); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			said := func(query engine.AuditQuery) (words []string, last engine.ID) {
				query.Grouped = true
				for _, e := range must[[]engine.AuditEntry](t)(s.Audit(t.Context(), query)) {
					text := e.Thing
					for _, part := range e.Parts {
						text += fmt.Sprintf(" %d %s", part.Count, part.What)
					}
					words, last = append(words, text), e.ID
				}
				return words, last
			}
			all := []string{"last", "d 1 component.rename 1 rule.edit", "single", "c 2 rule.add 1 rule.edit", "alone"}
			if got, _ := said(engine.AuditQuery{}); !slices.Equal(got, all) {
				t.Errorf("%q", got)
			}
			first, last := said(engine.AuditQuery{Limit: 2})
			second, _ := said(engine.AuditQuery{Limit: 10, Before: last})
			if got := append(first, second...); !slices.Equal(got, all) {
				t.Errorf("in two parts: %q", got)
			}
			if got, _ := said(engine.AuditQuery{From: began.AddDate(0, 0, 1), Until: began.AddDate(0, 0, 3)}); !slices.Equal(got, all[1:3]) {
				t.Errorf("of two days: %q", got)
			}
			if got, _ := said(engine.AuditQuery{Order: engine.AuditByThing, Upward: true}); !slices.Equal(got, []string{all[4], all[3], all[1], all[0], all[2]}) {
				t.Errorf("by thing: %q", got)
			}
			if got, _ := said(engine.AuditQuery{Text: "rule.add a"}); !slices.Contains(got, "a") { // what is looked for stands by itself
				t.Errorf("found: %q", got)
			}
		})
	}
}
