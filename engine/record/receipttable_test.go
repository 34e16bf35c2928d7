package record

import (
	"bytes"
	"encoding/csv"
	"errors"
	"testing"
	"time"

	"lockwire/engine"
)

// tableOf gives the table of receipts: for each the fields by their names.
func tableOf(t *testing.T, receipts ...engine.Receipt) []map[string]string {
	t.Helper()
	var out bytes.Buffer
	table := NewReceiptTable(&out)
	for i := range receipts {
		if err := table.Write(&receipts[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.End(); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(lines) != len(receipts)+1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	var read []map[string]string
	for _, line := range lines[1:] {
		fields := map[string]string{}
		for i, name := range lines[0] {
			fields[name] = line[i]
		}
		if len(fields) != len(receiptColumns) {
			t.Errorf("%d names, wanted %d: one stands twice", len(fields), len(receiptColumns))
		}
		read = append(read, fields)
	}
	return read
}

func TestATableOfReceiptsSaysWhatTheyDo(t *testing.T) {
	began := time.Date(2027, 1, 31, 22, 15, 30, int(250*time.Millisecond), time.FixedZone("", 3600))
	receipt := engine.Receipt{ID: "0197", Began: began, State: engine.SessionEnded, Reason: "two, \"quoted\"", SourceName: "web-1", Cipher: engine.AES256GCM, AllFlows: 3, Test: true}
	receipt.Decision.Mode, receipt.Decision.Rules = engine.Sealed, []string{"Branch", "Uplink"}
	receipt.Traffic.ToTarget, receipt.Traffic.SourceCPU = 1<<40, 1500*time.Millisecond
	receipt.Key.SourceErasure = engine.ErasureProven
	table := tableOf(t, receipt, engine.Receipt{})
	for name, want := range map[string]string{
		"id": "0197", "began": "2027-01-31T21:15:30.250Z", "ended": "", "state": string(engine.SessionEnded), "reason": "two, \"quoted\"", "source": "web-1", "mode": "sealed",
		"rules": "Branch; Uplink", "cipher": engine.AES256GCM.String(), "flows": "3", "bytesToTarget": "1099511627776", "sourceCPUSeconds": "1.500", "targetCPUSeconds": "0.000",
		"erasureAtSource": string(engine.ErasureProven), "test": "true",
	} {
		if got := table[0][name]; got != want {
			t.Errorf("%s is %q, wanted %q", name, got, want)
		}
	}
	if table[1]["cipher"] != "" || table[1]["began"] != "" {
		t.Errorf("of nothing it says %q", table[1])
	}
}

func TestNoFieldOfATableOfReceiptsIsAFormula(t *testing.T) {
	const formula = `=HYPERLINK("http://evil.example","open")`
	receipt := engine.Receipt{SourceName: formula, TargetName: formula, RouteName: formula, ServiceName: formula, Backend: formula, Group: formula, Endpoint: formula, Reason: formula}
	receipt.Decision.Rules = []string{formula}
	inert := 0
	for name, field := range tableOf(t, receipt)[0] {
		switch field {
		case formula:
			t.Errorf("%s is a formula", name)
		case "'" + formula:
			inert++
		}
	}
	if inert != 9 {
		t.Errorf("%d fields have the text, wanted 9", inert)
	}
}

type fullDisk struct{}

var errFull = errors.New("full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestATableThatCannotBeWrittenSaysSo(t *testing.T) {
	if err := NewReceiptTable(fullDisk{}).End(); !errors.Is(err, errFull) {
		t.Error(err)
	}
}
