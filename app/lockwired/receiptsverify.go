package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/record"
)

func receiptsVerify() *cobra.Command {
	var anchorText, keyText string
	cmd := addJSON(&cobra.Command{Use: "verify [FILE]", Short: "Check that no receipt was changed, removed, added or moved",
		Long: "Check the chain of receipts: of the record, or of FILE, which receipts export --format json wrote (- is standard input).\n" +
			"With FILE it needs no broker and no data folder. A file names the key that signed it: give --key with the fingerprint that\n" +
			"receipts checkpoint printed at the broker, so that nobody can have signed it with another one. What was cut off at the end\n" +
			"shows against --anchor: a checkpoint, a file with one, or an export made before.\n" +
			"Code 0: it holds; 1: it does not; 2: a file is wrong.",
		Args: cobra.MaximumNArgs(1)})
	ofRecord := withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
		found, err := a.VerifyReceipts(cmd.Context())
		if err != nil {
			return err
		}
		if anchorText == "" {
			return printVerdict(cmd, found)
		}
		checkpoint, err := a.ReceiptCheckpoint(cmd.Context())
		if err != nil {
			return err
		}
		anchor, err := readAnchor(anchorText)
		if err != nil {
			return host.Usage(err)
		}
		// What is held against the anchor is what an export would be.
		reader, writer := io.Pipe()
		go func() { writer.CloseWithError(exportChain(cmd, a, checkpoint, writer)) }()
		defer reader.Close()
		verdict, err := verifyExport(reader, anchor, nil)
		if err != nil {
			return err
		}
		// What stands beside the chain is in no export.
		for _, fault := range found.Faults {
			if !slices.ContainsFunc(verdict.Faults, func(f engine.ReceiptFault) bool { return f.Text == fault.Text }) {
				verdict.Faults, verdict.FaultCount = append(verdict.Faults, fault), verdict.FaultCount+1
			}
		}
		return printVerdict(cmd, verdict)
	})
	cmd.RunE = func(cmd *cobra.Command, arguments []string) error {
		if len(arguments) == 0 {
			if keyText != "" {
				return host.Usage(errors.New("--key is for a file: the record is checked with the broker's own key"))
			}
			return ofRecord(cmd, arguments)
		}
		var anchor *record.Anchor
		var key *engine.KeyID
		var err error
		if anchorText != "" {
			if anchor, err = readAnchor(anchorText); err != nil {
				return host.Usage(err)
			}
		}
		if keyText != "" {
			parsed, err := engine.ParseFingerprint(keyText)
			if err != nil {
				return host.Usage(fmt.Errorf("--key: %w", err))
			}
			key = &parsed
		}
		file, err := openInput(cmd, arguments[0])
		if err != nil {
			return host.Usage(err)
		}
		defer file.Close()
		verdict, err := verifyExport(file, anchor, key)
		if err != nil {
			return err
		}
		return printVerdict(cmd, verdict)
	}
	cmd.Flags().StringVar(&anchorText, "anchor", "", "hold it against this checkpoint, or the one in this file or export")
	cmd.Flags().StringVar(&keyText, "key", "", "the fingerprint of the key that has to have signed the file")
	return cmd
}

func verifyExport(from io.Reader, anchor *record.Anchor, key *engine.KeyID) (verdict engine.ReceiptsVerdict, err error) {
	export, err := record.ReadExport(from)
	if err != nil {
		return verdict, host.Usage(err)
	}
	if key != nil && export.Checkpoint.Key != *key {
		return verdict, fmt.Errorf("the file is signed with the key %s, not with the one that --key names", export.Checkpoint.Key.Fingerprint())
	}
	verdict, err = record.VerifyExport(export, anchor, time.Now())
	if err == nil && key == nil && anchor == nil {
		verdict.Notes = append(verdict.Notes, "The key is the one that the file names. Compare its fingerprint with what lockwired receipts checkpoint prints at the broker, or give --key.")
	}
	return verdict, err
}

// readAnchor reads the checkpoint in a text, in the last line of a file that has one, or at the head of an export.
func readAnchor(text string) (*record.Anchor, error) {
	if anchor, err := record.ParseCheckpoint(text); err == nil {
		return &anchor, nil
	}
	file, err := os.Open(text)
	if err != nil {
		return nil, fmt.Errorf("--anchor: it is no checkpoint, and no file with one: %w", err)
	}
	defer file.Close()
	if export, err := record.ReadExport(file); err == nil {
		return &export.Checkpoint, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	var newest *record.Anchor
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if anchor, err := record.ParseCheckpoint(lines.Text()); err == nil {
			newest = &anchor
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--anchor %s: %w", text, err)
	}
	if newest == nil {
		return nil, fmt.Errorf("--anchor %s: no line of it is a checkpoint", text)
	}
	return newest, nil
}

// printVerdict prints a verdict, and fails where the chain does not hold.
func printVerdict(cmd *cobra.Command, verdict engine.ReceiptsVerdict) error {
	var err error
	if asJSON(cmd) {
		err = printJSON(cmd.OutOrStdout(), verdict)
	} else {
		_, err = io.WriteString(cmd.OutOrStdout(), verdictText(&verdict))
	}
	if err == nil && !verdict.Holds() {
		err = fmt.Errorf("the receipts do not verify: %s", engine.CountInWords(verdict.FaultCount, "fault", "faults"))
	}
	return err
}

func verdictText(verdict *engine.ReceiptsVerdict) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n", verdict)
	if verdict.Entries > 0 {
		fmt.Fprintf(&text, "  entries       %d to %d\n", verdict.First, verdict.Last)
	}
	fmt.Fprintf(&text, "  signed with   %s\n", verdict.Key.Fingerprint())
	for _, note := range verdict.Notes {
		fmt.Fprintf(&text, "  note          %s\n", engine.Printable(note))
	}
	for _, fault := range verdict.Faults {
		fmt.Fprintf(&text, "  %-12s  %s\n", fault.Kind, engine.Printable(fault.Text))
	}
	if more := verdict.FaultCount - len(verdict.Faults); more > 0 {
		fmt.Fprintf(&text, "  and %d more\n", more)
	}
	return text.String()
}

func receiptsCheckpoint() *cobra.Command {
	return addJSON(&cobra.Command{Use: "checkpoint", Short: "Print a signed line that says how far the receipts go now",
		Long: "Print one signed line: how many entries the chain of receipts has, the hash of the last one, the time and the key. Keep it where\n" +
			"whoever can write to this machine cannot: lockwired receipts verify --anchor finds by it what was cut off or written anew since.",
		Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			checkpoint, err := a.ReceiptCheckpoint(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON(cmd) {
				return printJSON(cmd.OutOrStdout(), checkpoint)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), checkpoint.Line)
			return err
		})})
}

// exportChain writes the chain as far as a checkpoint says.
func exportChain(cmd *cobra.Command, a engine.Administration, checkpoint engine.Checkpoint, out io.Writer) error {
	end, err := record.ParseCheckpoint(checkpoint.Line)
	if err != nil {
		return err
	}
	export, err := record.NewExportWriter(out, checkpoint)
	if err != nil {
		return err
	}
	query := engine.ChainQuery{Limit: record.VerifyPage}
	for {
		entries, err := a.ReceiptChain(cmd.Context(), query)
		if err != nil {
			return err
		}
		for i := range entries {
			if entries[i].Sequence > end.Sequence {
				return export.End()
			}
			if err := export.Write(&entries[i]); err != nil {
				return err
			}
			query.After = entries[i].Sequence
		}
		if len(entries) < query.Limit {
			return export.End()
		}
	}
}
