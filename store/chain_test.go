package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

// addReceipt adds a receipt that differs from another one in its id alone.
const addReceipt = `CREATE TEMP TABLE copied AS SELECT * FROM receipts LIMIT 1; UPDATE copied SET id = 'added', document = json_set(document, '$.id', 'added');
	INSERT INTO receipts SELECT * FROM copied; `

func TestWhatSomebodyDoesToTheDatabaseIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		statement string
		want      engine.ReceiptFaultKind
	}{
		"nothing":                      {`SELECT 1`, ""},
		"a document changed":           {`UPDATE receipts SET document = replace(document, 'no connection', 'a connection') WHERE id = (SELECT receipt FROM chain WHERE sequence = 3)`, engine.ReceiptChanged},
		"a total changed":              {`UPDATE receipts SET bytes = bytes + 1 WHERE id = (SELECT receipt FROM chain WHERE sequence = 3)`, engine.ReceiptChanged},
		"a mode changed":               {`UPDATE receipts SET mode = 'plain' WHERE id = (SELECT receipt FROM chain WHERE sequence = 3)`, engine.ReceiptChanged},
		"a receipt removed":            {`DELETE FROM receipts WHERE id = (SELECT receipt FROM chain WHERE sequence = 3)`, engine.ReceiptRemoved},
		"a receipt and its link gone":  {`DELETE FROM chain WHERE sequence = 3; DELETE FROM receipts WHERE id NOT IN (SELECT receipt FROM chain WHERE receipt IS NOT NULL)`, engine.ReceiptRemoved},
		"a receipt taken out of chain": {`DELETE FROM chain WHERE sequence = 5`, engine.ReceiptAdded},
		"one added before the first":   {addReceipt + `INSERT INTO chain SELECT -1, kind, 'added', previous, link, signature, document FROM chain WHERE sequence = 2`, engine.ReceiptAdded},
		"one added beside an entry":    {addReceipt + `PRAGMA ignore_check_constraints = ON; UPDATE chain SET receipt = 'added' WHERE sequence = 1`, engine.ReceiptAdded},
		"a signature made unreadable":  {`UPDATE chain SET signature = '!' WHERE sequence = 3`, engine.ReceiptUnsigned},
		"a link made unreadable":       {`UPDATE chain SET link = 'no' WHERE sequence = 3`, engine.ReceiptUnsigned},
	} {
		t.Run(name, func(t *testing.T) {
			s := openIn(t, newFolder(t))
			// Two were written before there was a chain.
			receipts := make([]engine.Receipt, 4)
			for i := range receipts {
				receipts[i] = receiptAt(began.Add(time.Duration(i)*time.Minute), engine.NewID(), engine.NewID(), engine.NewID(), engine.Sealed)
			}
			write(t, s, func(tx engine.Transaction) error {
				if err := tx.InsertReceipt(receipts[0]); err != nil {
					return err
				}
				return tx.InsertReceipt(receipts[1])
			})
			if err := record.BeginChain(t.Context(), s, editSigner, engine.NewID(), began); err != nil {
				t.Fatal(err)
			}
			write(t, s, func(tx engine.Transaction) error {
				chain, err := record.ContinueChain(t.Context(), tx, editSigner)
				for i := 2; err == nil && i < len(receipts); i++ {
					if err = tx.InsertReceipt(receipts[i]); err == nil {
						err = chain.Append(engine.EntryReceipt, receipts[i].ID, receipts[i])
					}
				}
				return err
			})
			if _, err := s.writer.ExecContext(t.Context(), c.statement); err != nil {
				t.Fatal(err)
			}
			verdict, err := record.VerifyStore(t.Context(), s, editSigner.Public(), time.Now, nil)
			if err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(verdict.Faults, func(f engine.ReceiptFault) bool { return f.Kind == c.want })
			if len(verdict.Notes) != 1 || !strings.Contains(verdict.Notes[0], "was begun on") {
				t.Errorf("nothing says that there were receipts before: %q", verdict.Notes)
			}
			if c.want == "" && (!verdict.Holds() || verdict.Receipts != 4) || c.want != "" && !found {
				t.Errorf("%+v", verdict)
			}
		})
	}
}
