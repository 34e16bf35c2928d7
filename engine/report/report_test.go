package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

var noon = time.Date(2027, 1, 30, 12, 0, 0, 0, time.UTC)

// ended is a receipt of a session that moved some bytes.
func ended(source, target string, mode engine.Mode, by engine.By, bytes uint64, rules ...string) engine.Receipt {
	r := engine.Receipt{
		ID: engine.ID(source + target), Source: engine.ID(source), SourceName: source, Target: engine.ID(target), TargetName: target, RouteName: "nightly",
		State: engine.SessionEnded, Began: noon.Add(-time.Minute), Ended: noon, Traffic: engine.Traffic{ToTarget: bytes - bytes/3, ToSource: bytes / 3},
	}
	r.Decision.Mode, r.Decision.By, r.Decision.Rules = mode, by, rules
	if mode == engine.Sealed {
		r.Cipher, r.Group = engine.AES256GCM, "X25519MLKEM768"
	}
	return r
}

func onPublic(r engine.Receipt) engine.Receipt {
	r.Decision.Triggers = []engine.Trigger{{Component: r.TargetName, Side: "target", Address: engine.Address{Address: netip.MustParseAddr("203.0.113.7")}}}
	return r
}

func refused(reason string, at time.Time) engine.Receipt {
	return engine.Receipt{Source: "a", SourceName: "a", TargetName: "vault", Route: "r", RouteName: "nightly", State: engine.SessionRefused, Reason: reason, Ended: at}
}

func tallied(receipts ...engine.Receipt) *engine.ProtectionReport {
	r := &engine.ProtectionReport{Made: noon, By: "uid 0 (root)", Version: "test", Span: engine.Span{From: noon.Add(-time.Hour)}}
	tally := NewTally(r)
	for i := range receipts {
		tally.Add(&receipts[i])
	}
	tally.End()
	return r
}

func TestSumsByPairRuleAndCipherAreEachTheWhole(t *testing.T) {
	exempt := onPublic(ended("b", "vault", engine.Plain, engine.ByExempt, 7, "to the vault"))
	exempt.Decision.Exemptions = []engine.AppliedExemption{{Rule: "to the vault", Reason: "a private line"}}
	chacha := ended("a", "tape", engine.Sealed, engine.ByAutomatic, 11, "Internet")
	chacha.Cipher = engine.ChaCha20Poly1305
	test := ended("a", "vault", engine.Sealed, engine.ByRule, 13, "all", "vault")
	test.Test = true
	r := tallied(ended("a", "vault", engine.Sealed, engine.ByRule, 100, "all", "vault"), ended("a", "vault", engine.Plain, engine.ByNone, 3), exempt, chacha, test,
		onPublic(ended("c", "vault", engine.Plain, engine.ByNone, 5)), refused("away", noon), refused("away", noon.Add(time.Minute)), refused("full", noon))
	if r.Sealed != (engine.SessionTotals{Sessions: 3, Bytes: 124}) || r.Plain != (engine.SessionTotals{Sessions: 3, Bytes: 15}) || r.Tests != (engine.SessionTotals{Sessions: 1, Bytes: 13}) || r.Refused != 3 {
		t.Errorf("%+v %+v %+v %d", r.Sealed, r.Plain, r.Tests, r.Refused)
	}
	var byPair, byRule engine.SealedAndPlain
	for i := range r.Pairs {
		byPair.Join(r.Pairs[i].SealedAndPlain)
	}
	for i := range r.Deciders {
		byRule.Join(r.Deciders[i].SealedAndPlain)
	}
	if whole := (engine.SealedAndPlain{Sealed: r.Sealed, Plain: r.Plain}); byPair != whole || byRule != whole {
		t.Errorf("by pair %+v, by rule %+v, in all %+v", byPair, byRule, whole)
	}
	if r.Pairs[0].Source != "a" || r.Pairs[0].Target != "vault" || r.Pairs[0].Bytes() != 116 || !slices.Equal(r.Deciders[0].Rules, []string{"all", "vault"}) || r.Deciders[0].Sealed.Bytes != 113 {
		t.Errorf("%+v, %+v", r.Pairs[0], r.Deciders[0])
	}
	if len(r.Ciphers) != 2 || r.Ciphers[0].Bytes != 113 || r.Ciphers[1].Cipher != engine.ChaCha20Poly1305 {
		t.Errorf("%+v", r.Ciphers)
	}
	if len(r.Refusals) != 2 || r.Refusals[0].Count != 2 || !r.Refusals[0].First.Equal(noon) || !r.Refusals[0].Last.Equal(noon.Add(time.Minute)) {
		t.Errorf("%+v", r.Refusals)
	}
	if len(r.PlainOnPublic) != 2 || !r.PlainOnPublic[0].Exempt || !strings.Contains(r.PlainOnPublic[0].Reason, "a private line") || r.PlainOnPublic[1].Exempt ||
		!strings.Contains(r.PlainOnPublic[1].Reason, engine.OverrideSetting) || r.PlainOnPublic[0].Addresses[0] != "203.0.113.7" {
		t.Errorf("%+v", r.PlainOnPublic)
	}
}

func TestWhatDoesNotFitIsStillInTheSums(t *testing.T) {
	var receipts []engine.Receipt
	many := engine.MaximumReportEntries + 5
	for i := range many {
		receipts = append(receipts, onPublic(ended(fmt.Sprint(i), "vault", engine.Plain, engine.ByNone, 10)), refused(fmt.Sprint(i), noon))
	}
	r := tallied(receipts...)
	if len(r.Pairs) != engine.MaximumReportRows || r.MorePairs.Plain.Sessions != many-engine.MaximumReportRows || r.Plain.Bytes != uint64(10*many) {
		t.Errorf("%d pairs, %+v more", len(r.Pairs), r.MorePairs)
	}
	if len(r.PlainOnPublic) != engine.MaximumReportEntries || r.MorePlainOnPublic != (engine.SessionTotals{Sessions: 5, Bytes: 50}) {
		t.Errorf("%d listed, %+v more", len(r.PlainOnPublic), r.MorePlainOnPublic)
	}
	if len(r.Refusals) != engine.MaximumReportRows || r.Refused != many || r.MoreRefusals != many-engine.MaximumReportRows {
		t.Errorf("%d refusals, %d more", len(r.Refusals), r.MoreRefusals)
	}
	endless := ended("a", "vault", engine.Sealed, engine.ByRule, 3, "all")
	endless.Traffic = engine.Traffic{ToTarget: 1 << 63, ToSource: 1 << 62}
	if r = tallied(endless, endless, endless); r.Sealed.Bytes != 1<<64-1 {
		t.Errorf("more than can be counted is %d", r.Sealed.Bytes)
	}
}

func whole() *engine.ProtectionReport {
	r := tallied(ended("files", "vault", engine.Sealed, engine.ByRule, 2_000_000, "all"), onPublic(ended("<script>alert(1)</script>", "=cmd()", engine.Plain, engine.ByNone, 1000)), refused("away", noon))
	before, _ := json.Marshal(map[string]any{"encrypt": true})
	after, _ := json.Marshal(map[string]any{"encrypt": false})
	r.Changes = []engine.AuditEntry{{ID: "entry", When: noon, Who: "administrator <b>ann</b>", What: "rule.edit", Thing: "@vault", Before: before, After: after, Turned: &engine.Turned{Plain: 2}}}
	r.Looked, r.Unprotected = true, []engine.Finding{{Kind: engine.LegOpen, Severity: engine.Warning, Text: "The route x has an open leg: it listens on 10.0.0.1:1"}}
	r.Receipts = engine.ReceiptsVerdict{Checked: noon, Entries: 3, Receipts: 3, FaultCount: 1, Faults: []engine.ReceiptFault{{Text: "Receipt 2 was changed."}}}
	r.Running = &engine.SealedAndPlain{Sealed: engine.SessionTotals{Sessions: 1, Bytes: 5}}
	return r
}

func TestAPageNeedsNothingElseAndTakesNoNameForMarkup(t *testing.T) {
	var page bytes.Buffer
	if err := HTML(&page, whole(), time.UTC); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	for _, has := range []string{"2027-01-30 11:00:00 to now", engine.SizeInWords(2_000_000), "&lt;script&gt;alert(1)", "administrator &lt;b&gt;ann", "rule edited", "2 pairs made plain", "it listens on 10.0.0.1:1", "AES-256-GCM", "X25519MLKEM768",
		"automatic encryption was turned off", "203.0.113.7", "99.9 % of all bytes were sealed", "1 session had not ended", "away", "Receipt 2 was changed.", "table-header-group"} {
		if !strings.Contains(text, has) {
			t.Errorf("%q is missing", has)
		}
	}
	for _, hasNot := range []string{"<script", "src=", "href=", "url(", "@import", "http:", "https:", "ZgotmplZ"} {
		if strings.Contains(text, hasNot) {
			t.Errorf("%q is in it", hasNot)
		}
	}
	page.Reset()
	if err := HTML(&page, tallied(), time.UTC); err != nil {
		t.Fatal(err)
	}
	for _, has := range []string{"The receipts were not checked yet.", "No broker ran, so that nobody could look.", "There was none.", "No session ended in this period.", "None was refused.", "Nothing was changed."} {
		if !strings.Contains(page.String(), has) {
			t.Errorf("an empty one: %q is missing", has)
		}
	}
}

func TestATableAddsUpAndHoldsNoFormula(t *testing.T) {
	var text bytes.Buffer
	if err := CSV(&text, whole()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) int { return slices.Index(rows[0], name) }
	sums := map[string]uint64{}
	for _, row := range rows[1:] {
		for _, field := range row {
			if field != "" && strings.ContainsRune("=+-@", rune(field[0])) {
				t.Errorf("%q is a formula", field)
			}
		}
		for _, column := range []string{"sealedBytes", "plainBytes"} {
			n, _ := strconv.ParseUint(row[at(column)], 10, 64)
			sums[row[0]] += n
		}
	}
	if all := sums["all"]; all != 2_001_000 || sums["pair"]+sums["other pairs"] != all || sums["rule"]+sums["other rules"] != all || sums["plain on public"] != 1000 {
		t.Errorf("%v", sums)
	}
	if !slices.ContainsFunc(rows, func(row []string) bool {
		return row[0] == "change" && row[at("who")] == "administrator <b>ann</b>" && strings.HasPrefix(row[at("text")], "encrypt: ") && row[at("thing")] == "'@vault"
	}) {
		t.Error("the change is missing")
	}
}
