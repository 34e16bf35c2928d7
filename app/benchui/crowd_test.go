//go:build linux

package main

import (
	"context"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/ui/uitest/estate"
)

func TestTheRecordOfAnEstateIsThatOfTheEstate(t *testing.T) {
	size := estate.Size{Components: 24, Rules: 12, Routes: 30, Sessions: 40}
	folder, now := t.TempDir(), time.Now()
	if err := keepCrowd(t.Context(), folder, size, now); err != nil {
		t.Fatal(err)
	}
	c, err := openCrowd(t.Context(), folder, size, now)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Store.Close()
	rules, err := c.RuleSet(t.Context())
	if err != nil || len(rules.Rules) != size.Rules || rules.Check() != nil {
		t.Errorf("%d rules, %v, %v", len(rules.Rules), err, rules.Check())
	}
	receipts, err := c.Receipts(t.Context(), engine.ReceiptQuery{Component: c.estate.Components[0].ID})
	if err != nil || len(receipts) == 0 {
		t.Errorf("%d receipts, %v", len(receipts), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_ = c.Watch(ctx, time.Second, func(s engine.Snapshot) error {
		defer cancel()
		if len(s.Components) != size.Components || len(s.Routes) != size.Routes || len(s.Sessions) != size.Sessions {
			t.Errorf("%d components, %d routes, %d sessions", len(s.Components), len(s.Routes), len(s.Sessions))
		}
		stored, err := c.Store.Component(ctx, s.Components[3].ID)
		if err != nil || stored.Name != s.Components[3].Name {
			t.Errorf("%s is stored as %s: %v", s.Components[3].Name, stored.Name, err)
		}
		return nil
	})
}

func TestAnEmptyEstateHasARecord(t *testing.T) {
	folder := t.TempDir()
	if err := keepCrowd(t.Context(), folder, estate.Size{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	c, err := openCrowd(t.Context(), folder, estate.Size{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Store.Close()
	if rules, err := c.RuleSet(t.Context()); err != nil || len(rules.Rules) != 1 {
		t.Errorf("%d rules, %v", len(rules.Rules), err)
	}
}
