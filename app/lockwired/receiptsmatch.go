package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/record"
)

// maximumReceiptsFile bounds a file of receipts, before it is read.
const maximumReceiptsFile = 64 << 20

func receiptsMatch() *cobra.Command {
	return addJSON(&cobra.Command{Use: "match FILE FILE", Short: "Compare a tenant's receipts with its provider's, session by session",
		Long: "Compare a tenant's receipts with its provider's, session by session, in whichever order.\n" +
			"Each file is what receipts list --json or receipts export --format json wrote (- is standard input).\n" +
			"It needs no broker and no data folder. Code 0: all agree; 1: something differs; 2: a file is wrong.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			if arguments[0] == "-" && arguments[1] == "-" {
				return host.Usage(errors.New("only one of the files can be standard input"))
			}
			var files [2][]engine.Receipt
			for i, path := range arguments {
				var err error
				if files[i], err = readReceipts(cmd, path); err != nil {
					return host.Usage(err)
				}
			}
			match, err := record.MatchReceipts(files[0], files[1])
			if err != nil {
				return host.Usage(fmt.Errorf("%s and %s: %w", arguments[0], arguments[1], err))
			}
			if asJSON(cmd) {
				err = printJSON(cmd.OutOrStdout(), match)
			} else {
				err = printMatch(cmd.OutOrStdout(), &match)
			}
			if err == nil && len(match.Differences) > 0 {
				err = fmt.Errorf("the receipts of tenant and provider differ: %s", engine.CountInWords(len(match.Differences), "difference", "differences"))
			}
			return err
		}})
}

func printMatch(out io.Writer, match *record.ReceiptMatch) error {
	span := "none"
	if !match.From.IsZero() {
		span = fmt.Sprintf("%s to %s", local(match.From), local(match.Until))
	}
	fmt.Fprintf(out, "span that both cover  %s\ncompared              %s\n", span, engine.CountInWords(match.Compared, "session", "sessions"))
	if match.Outside > 0 {
		fmt.Fprintf(out, "outside of the span   %s, not compared\n", engine.CountInWords(match.Outside, "session", "sessions"))
	}
	if match.RefusedAlone > 0 {
		fmt.Fprintf(out, "refused by one side   %s without a receipt of the other; nothing was carried\n", engine.CountInWords(match.RefusedAlone, "session", "sessions"))
	}
	if len(match.Differences) == 0 {
		_, err := fmt.Fprintln(out, "all agree")
		return err
	}
	fmt.Fprintln(out)
	return table(out, match.Differences, "SESSION|WHAT DIFFERS|TENANT|PROVIDER", func(d record.ReceiptDifference) []any {
		return []any{d.Session, d.What, d.Tenant, d.Provider}
	})
}

// readReceipts reads receipts in JSON: an array, or one after the other.
func readReceipts(cmd *cobra.Command, path string) ([]engine.Receipt, error) {
	file, err := openInput(cmd, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := engine.ReadText(file, maximumReceiptsFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; it has to be text of at most %d MiB, --since and --until make it smaller", path, err, maximumReceiptsFile>>20)
	}
	receipts, err := decodeReceipts(text)
	if err != nil {
		return nil, fmt.Errorf("%s: receipt %d: %w; write the file with lockwired receipts list --json, or receipts export --format json", path, len(receipts)+1, err)
	}
	return receipts, nil
}

// decodeReceipts gives the receipts before the one that is wrong, too. It checks each before it reads the next, so that a small text
// never becomes many of them.
func decodeReceipts(text []byte) (receipts []engine.Receipt, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	array := bytes.HasPrefix(bytes.TrimSpace(text), []byte("["))
	if array {
		if _, err := decoder.Token(); err != nil {
			return nil, err
		}
	}
	seen := map[engine.ID]bool{}
	for decoder.More() {
		var receipt chainedReceipt
		if err := decoder.Decode(&receipt); err != nil {
			return receipts, fmt.Errorf("it cannot be read: %w", err)
		}
		if receipt.Header != 0 || receipt.Chain != nil && receipt.Chain.Kind != engine.EntryReceipt {
			continue // of an export of the chain, what is no receipt
		}
		if err := receiptIsWhole(&receipt.Receipt); err != nil {
			return receipts, err
		}
		if seen[receipt.ID] {
			return receipts, fmt.Errorf("session %s is there twice", receipt.ID)
		}
		seen[receipt.ID] = true
		receipts = append(receipts, receipt.Receipt)
	}
	if array {
		if _, err := decoder.Token(); err != nil {
			return receipts, fmt.Errorf("the list has no end: %w", err)
		}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return receipts, errors.New("something else begins there")
	}
	return receipts, nil
}

// chainedReceipt is a line of an export: a receipt with or without its proof, another entry of the chain, or the header.
type chainedReceipt struct {
	engine.Receipt
	Header int               `json:"lockwireReceipts"`
	Chain  *engine.ChainLink `json:"chain"`
}

// receiptIsWhole checks what a comparison needs.
func receiptIsWhole(r *engine.Receipt) error {
	if _, err := engine.ParseID(string(r.ID)); err != nil {
		return fmt.Errorf("id: %w", err)
	}
	if r.Began.IsZero() || r.Ended.IsZero() {
		return errors.New("it does not say when the session began and ended")
	}
	if r.State != engine.SessionEnded && r.State != engine.SessionRefused {
		return fmt.Errorf("state: use %s or %s", engine.SessionEnded, engine.SessionRefused)
	}
	return nil
}
