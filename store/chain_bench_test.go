package store

import (
	"context"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

// BenchmarkReceipts writes a batch of 1,000 receipts, with and without the chain, and checks what was written.
func BenchmarkReceipts(b *testing.B) {
	background := context.Background()
	for _, chained := range []bool{false, true} {
		b.Run(map[bool]string{false: "without the chain", true: "in the chain"}[chained], func(b *testing.B) {
			s := must[*Store](b)(Open(background, b.TempDir(), quiet))
			defer s.Close()
			if err := record.BeginChain(background, s, editSigner, engine.NewID(), began); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				err := s.Write(background, func(tx engine.Transaction) error {
					chain, err := record.ContinueChain(background, tx, editSigner)
					for i := 0; err == nil && i < 1000; i++ {
						receipt := receiptAt(began, engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)
						if err = tx.InsertReceipt(receipt); err == nil && chained {
							err = chain.Append(engine.EntryReceipt, receipt.ID, receipt)
						}
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/receipt")
			if chained {
				from := time.Now()
				verdict, err := record.VerifyStore(background, s, editSigner.Public(), time.Now, nil)
				if err != nil || !verdict.Holds() {
					b.Fatal(verdict, err)
				}
				b.ReportMetric(float64(time.Since(from).Microseconds())/float64(verdict.Entries), "µs/verified")
			}
		})
	}
}
