package estate

import (
	"context"
	"fmt"
	"time"

	"lockwire/engine"
)

// Keep writes the estate without its live sessions into a new store. The predefined rule gets the id that it has there.
func (e *Estate) Keep(ctx context.Context, tx engine.Transaction) error {
	for i := range e.Components {
		if err := tx.PutComponent(e.Components[i].Component); err != nil {
			return err
		}
	}
	for i := range e.Routes {
		if err := tx.PutService(e.Services[i]); err != nil {
			return err
		}
		if err := tx.PutRoute(e.Routes[i].Route); err != nil {
			return err
		}
	}
	stored, err := tx.RuleSet(ctx)
	if err != nil {
		return err
	}
	e.Rules.Rules[0] = stored.Rules[0]
	for _, rule := range e.Rules.Rules[1:] {
		if err := tx.PutRule(rule); err != nil {
			return err
		}
	}
	return nil
}

// KeepHistory writes the receipts of the last weeks, one in a hundred of a session that was refused, and the changes that made the rules.
func (e *Estate) KeepHistory(tx engine.Transaction, receipts, changes int) error {
	for i := range receipts {
		if err := tx.InsertReceipt(e.receipt(i)); err != nil {
			return err
		}
	}
	for i := range changes {
		rule := e.Rules.Rules[i%len(e.Rules.Rules)]
		entry := engine.AuditEntry{When: e.Made.Add(-time.Duration(changes-i) * 10 * time.Minute), Who: engine.Actor(fmt.Sprintf("administrator %s", []string{"ada", "grace", "edsger"}[i%3])), What: "rule.edit", Thing: rule.Name}
		if i%5 == 0 {
			entry.Change = id(ofChange, i)
		}
		if err := engine.AppendChange(tx, entry, rule, rule); err != nil {
			return err
		}
	}
	return nil
}

func (e *Estate) receipt(i int) engine.Receipt {
	s := &e.Sessions[i%len(e.Sessions)]
	began := e.Made.Add(-time.Duration(i+1) * 20 * time.Second)
	r := engine.Receipt{
		ID: id(ofReceipt, i), Route: s.Route, RouteName: s.RouteName, Source: s.Source, SourceName: s.SourceName, Target: s.Target, TargetName: s.TargetName, ServiceName: s.ServiceName, Backend: s.Backend,
		Decision: s.Decision, Cipher: s.Cipher, Group: s.Group, Endpoint: s.Endpoint, Began: began, Ended: began.Add(10 * time.Second), Key: s.Key, AllFlows: s.AllFlows,
		Traffic: engine.Traffic{ToTarget: uint64(i%9000) * 1_000_000, ToSource: 12_000}, State: engine.SessionEnded, Reason: "no connection was open for 15 seconds",
	}
	if i%100 == 99 {
		r.State, r.Reason = engine.SessionRefused, "the target is not attached to the broker"
	}
	return r
}
