package broker

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

func TestTheBrokerChecksTheReceiptsWhenItStarts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		if err := record.BeginChain(t.Context(), i.store, i.authority.RecordKey(), i.authority.Installation(), time.Now()); err != nil {
			t.Fatal(err)
		}
		i.start()
		synctest.Wait()
		if check := i.broker.ReceiptsCheck(); check.Running || !check.Verdict.Holds() || check.Verdict.Entries != 1 || check.Problem != "" {
			t.Errorf("of a chain that holds: %+v", check)
		}
		i.stop()
		added := engine.Receipt{ID: engine.NewID(), State: engine.SessionEnded}
		i.write(func(tx engine.Transaction) error { return tx.InsertReceipt(added) })
		i.start()
		defer func() { i.stop() }()
		synctest.Wait()
		check := i.broker.ReceiptsCheck()
		if !slices.ContainsFunc(check.Verdict.Faults, func(f engine.ReceiptFault) bool { return f.Kind == engine.ReceiptAdded && f.Session == added.ID }) {
			t.Errorf("of one that somebody added: %+v", check)
		}
	})
}
