package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lockwire/app/server"
	"lockwire/engine"
	"lockwire/engine/record"
)

// chainedFolder is a data folder whose chain has three receipts.
func chainedFolder(t *testing.T) (path string) {
	t.Helper()
	path = folder(t)
	opened, err := server.OpenFolder(t.Context(), server.Options{Path: path, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	authority, err := opened.Authority()
	if err == nil {
		err = record.BeginChain(t.Context(), opened.Store, authority.RecordKey(), opened.Installation, time.Now())
	}
	if err == nil {
		err = opened.Store.Write(t.Context(), func(tx engine.Transaction) error {
			chain, err := record.ContinueChain(t.Context(), tx, authority.RecordKey())
			for i := 0; err == nil && i < 3; i++ {
				receipt, _ := receiptPair()
				if err = tx.InsertReceipt(receipt); err == nil {
					err = chain.Append(engine.EntryReceipt, receipt.ID, receipt)
				}
			}
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReceiptsAreVerifiedOnTheCommandLine(t *testing.T) {
	path := chainedFolder(t)
	if got := run(t, "", "receipts", "verify", "--data", path); got.code != 0 || !strings.Contains(got.out, "3 receipts are verified") {
		t.Fatalf("the record: %+v", got)
	}
	exported := run(t, "", "receipts", "export", "--format", "json", "--data", path)
	lines := strings.SplitAfter(strings.TrimSpace(exported.out), "\n")
	if exported.code != 0 || len(lines) != 5 {
		t.Fatalf("%d lines: %+v", len(lines), exported)
	}
	checkpoint := strings.TrimSpace(run(t, "", "receipts", "checkpoint", "--data", path).out)
	fingerprint := strings.Fields(checkpoint)[6]
	nowhere := filepath.Join(t.TempDir(), "no folder")
	file := func(lines ...string) string { return fileOf(t, []byte(strings.Join(lines, ""))) }
	log := file("something\n", "Jan 31 22:15:30 broker lockwired[7]: "+checkpoint+"\n")
	whole := file(lines...)
	for name, c := range map[string]struct {
		arguments []string
		code      int
		says      string
	}{
		"an export":                       {[]string{whole}, 0, "The key is the one that the file names"},
		"with its key":                    {[]string{whole, "--key", fingerprint}, 0, "3 receipts are verified"},
		"with another key":                {[]string{whole, "--key", strings.Repeat("00", 32)}, 1, "not with the one that --key names"},
		"with a checkpoint":               {[]string{whole, "--anchor", checkpoint}, 0, "3 receipts are verified"},
		"with a log that has one":         {[]string{whole, "--anchor", log}, 0, "3 receipts are verified"},
		"with itself":                     {[]string{whole, "--anchor", whole}, 0, "3 receipts are verified"},
		"with an anchor that is none":     {[]string{whole, "--anchor", "nothing"}, 2, "no checkpoint"},
		"one line changed":                {[]string{file(lines[0], lines[1], strings.Replace(lines[2], "1000", "1001", 1), lines[3], lines[4])}, 1, "was changed"},
		"one line removed":                {[]string{file(lines[0], lines[1], lines[3], lines[4])}, 1, "Entry 2 is missing"},
		"the end cut off":                 {[]string{file(lines[:4]...)}, 1, "missing at the end"},
		"the first line is of something":  {[]string{file(lines[1:]...)}, 2, "not an export"},
		"what list --json writes":         {[]string{receiptsFile(t, false)}, 2, "not an export"},
		"a key that is no key":            {[]string{whole, "--key", "12"}, 2, "not a fingerprint"},
		"the record with an anchor":       {[]string{"--data", path, "--anchor", whole}, 0, "3 receipts are verified"},
		"the record, and a key":           {[]string{"--data", path, "--key", fingerprint}, 2, "--key is for a file"},
		"a file that is not there at all": {[]string{filepath.Join(nowhere, "x")}, 2, "no such file"},
	} {
		arguments := append([]string{"receipts", "verify"}, c.arguments...)
		if !strings.HasPrefix(c.arguments[0], "--data") {
			arguments = append(arguments, "--data", nowhere)
		}
		if got := run(t, "", arguments...); got.code != c.code || !strings.Contains(got.out+got.err, c.says) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// An export with its proof is matched as one without.
	if got := run(t, "", "receipts", "match", whole, receiptsFile(t, true)); got.code == 2 && strings.Contains(got.err, "cannot be read") {
		t.Errorf("match: %+v", got)
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("a folder was made")
	}
	// What somebody put beside the chain shows against an anchor, too.
	addBesideTheChain(t, path)
	if got := run(t, "", "receipts", "verify", "--data", path, "--anchor", whole); got.code != 1 || !strings.Contains(got.out, "is in the record and not in the chain") {
		t.Errorf("one added, and an anchor: %+v", got)
	}
}

func addBesideTheChain(t *testing.T, path string) {
	t.Helper()
	opened, err := server.OpenFolder(t.Context(), server.Options{Path: path, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	receipt, _ := receiptPair()
	if err := opened.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.InsertReceipt(receipt) }); err != nil {
		t.Fatal(err)
	}
}
