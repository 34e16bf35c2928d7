package record

import (
	"slices"
	"testing"
)

func TestNoTextOfARecordIsAFormula(t *testing.T) {
	record := []string{`=HYPERLINK("http://evil.example")`, "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "vault", "10.0.0.1:80", "", "\xff"}
	want := []string{`'=HYPERLINK("http://evil.example")`, "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'\r=1", "'\n=1", "'＝1", "vault", "10.0.0.1:80", "", "\xff"}
	if got := ForSpreadsheets(record); !slices.Equal(got, want) {
		t.Errorf("%q, wanted %q", got, want)
	}
}
