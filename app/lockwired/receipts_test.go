package main

import (
	"bytes"
	"encoding/csv"
	"testing"

	"lockwire/engine"
)

func TestNoFieldOfAnExportIsAFormula(t *testing.T) {
	const formula = `=HYPERLINK("http://evil.example","open")`
	receipt := engine.Receipt{SourceName: formula, TargetName: formula, RouteName: formula, Backend: formula, Group: formula, Endpoint: formula, Reason: formula}
	receipt.Decision.Rules = []string{formula}
	var out bytes.Buffer
	write, finish := receiptWriter(&out, "csv")
	if err := write(&receipt); err != nil {
		t.Fatal(err)
	}
	if err := finish(); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(lines) != 2 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	inert := 0
	for i, field := range lines[1] {
		switch field {
		case formula:
			t.Errorf("%s is a formula", lines[0][i])
		case "'" + formula:
			inert++
		}
	}
	if inert != 8 {
		t.Errorf("%d fields have the text, wanted 8", inert)
	}
}
