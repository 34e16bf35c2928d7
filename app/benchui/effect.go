//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/engine/identity"
	"lockwire/store"
)

// effectFigures are in milliseconds.
type effectFigures struct{ p50, p99, cancelled float64 }

// newLocal makes an administration of a new record in a folder, without a broker.
func newLocal(ctx context.Context, folder string) (*administration.Local, error) {
	records, err := store.Open(ctx, folder, store.Options{})
	if err != nil {
		return nil, err
	}
	return administration.New(administration.Config{
		Store: records, Installation: engine.NewID(), Version: "0.1.0",
		Authority: func() (*identity.Authority, error) { return nil, errors.New("the measurement has no authority") },
	}, "bench"), nil
}

// measureEffect asks the administration, as the rule editor does, what an edit would do among 500 components and 200 rules in SQLite.
func measureEffect(ctx context.Context, folder string) (f effectFigures, err error) {
	local, err := newLocal(ctx, filepath.Join(folder, "effect"))
	if err != nil {
		return f, err
	}
	defer local.Store.Close()
	if err := local.Store.Write(ctx, fill); err != nil {
		return f, err
	}
	added := ruleOf(1000)
	added.Target = []engine.Selector{engine.Any}
	edit := engine.Change{AddRule: &added}
	var took, cancelled []float64
	for range 100 {
		begin := time.Now()
		if _, err := local.Preview(ctx, edit); err != nil {
			return f, err
		}
		took = append(took, milliseconds(time.Since(begin)))
	}
	f.p50, f.p99 = percentile(took, 50), percentile(took, 99)
	half := time.Duration(f.p50 / 2 * float64(time.Millisecond))
	for range 50 {
		overtaken, cancel := context.WithCancel(ctx)
		at := make(chan time.Time, 1)
		time.AfterFunc(half, func() {
			at <- time.Now()
			cancel()
		})
		_, err := local.Preview(overtaken, edit)
		end := time.Now()
		moment := <-at
		switch {
		case errors.Is(err, context.Canceled):
			cancelled = append(cancelled, milliseconds(end.Sub(moment)))
		case err != nil:
			return f, err
		}
	}
	if len(cancelled) == 0 {
		return f, errors.New("no preview was cancelled half-way")
	}
	f.cancelled = percentile(cancelled, 99)
	return f, nil
}

// address is that of the component with a number.
func address(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}) }

// ruleOf is the rule with a number: one of 16 addresses to 16 others.
func ruleOf(i int) engine.Rule {
	block := func(first int) []engine.Selector {
		return []engine.Selector{{Kind: engine.SelectRange, First: address(first), Last: address(first + 15)}}
	}
	return engine.Rule{ID: engine.NewID(), Name: fmt.Sprintf("rule %d", i), Enabled: true, Encrypt: i%2 == 0, Source: block(i * 7 % 480), Target: block(i * 13 % 480)}
}

func fill(tx engine.Transaction) error {
	for i := range 500 {
		err := tx.PutComponent(engine.Component{ID: engine.NewID(), Name: fmt.Sprintf("component %d", i), Role: engine.Proxy, Tags: []string{}, Joined: time.Now(),
			Report: engine.Report{Interfaces: []engine.Address{{Address: address(i), Origin: engine.FromInterface, Interface: "eth0"}}}})
		if err != nil {
			return err
		}
	}
	for i := range 200 {
		if err := tx.PutRule(ruleOf(i)); err != nil {
			return err
		}
	}
	return nil
}
