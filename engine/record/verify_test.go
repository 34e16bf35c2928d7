package record

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

// testSigner signs as the broker does.
type testSigner struct {
	key    *ecdsa.PrivateKey
	public []byte
}

func (s testSigner) Sign(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	return s.key.Sign(nil, digest[:], crypto.SHA256)
}

func (s testSigner) Public() []byte { return s.public }

func newSigner(t *testing.T) testSigner {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return testSigner{key, public}
}

// chainTransaction keeps a chain in memory, its receipts with their documents.
type chainTransaction struct {
	engine.Transaction
	entries []engine.ChainEntry
}

func (c *chainTransaction) ChainHead(context.Context) (engine.ChainLink, error) {
	return c.entries[len(c.entries)-1].ChainLink, nil
}

func (c *chainTransaction) AppendToChain(e engine.ChainEntry) error {
	c.entries = append(c.entries, e)
	return nil
}

var testDay = time.Date(2027, 1, 31, 22, 15, 30, 0, time.UTC)

// testChain is a chain that begins and has so many receipts.
func testChain(t *testing.T, signer Signer, receipts int) *chainTransaction {
	t.Helper()
	tx := &chainTransaction{}
	chain := &Chain{tx: tx, signer: signer}
	if err := chain.Append(engine.EntryBegin, "", Beginning{"0197e7a4-0000-7000-8000-000000000000", signer.Public(), testDay, false}); err != nil {
		t.Fatal(err)
	}
	for range receipts {
		tx.receipt(t, signer)
	}
	return tx
}

// receipt adds one more.
func (c *chainTransaction) receipt(t *testing.T, signer Signer) {
	t.Helper()
	receipt := engine.Receipt{ID: engine.NewID(), SourceName: "web-1 <&>", Began: testDay, Ended: testDay.Add(time.Minute), State: engine.SessionEnded}
	c.append(t, signer, engine.EntryReceipt, receipt.ID, receipt)
}

func (c *chainTransaction) append(t *testing.T, signer Signer, kind engine.EntryKind, session engine.ID, document any) {
	t.Helper()
	chain, err := ContinueChain(t.Context(), c, signer)
	if err == nil {
		err = chain.Append(kind, session, document)
	}
	if err != nil {
		t.Fatal(err)
	}
	last := &c.entries[len(c.entries)-1]
	if last.Document, err = json.Marshal(document); err != nil {
		t.Fatal(err)
	}
}

func verdictOn(t *testing.T, signer Signer, entries []engine.ChainEntry, anchors ...Anchor) engine.ReceiptsVerdict {
	t.Helper()
	verifier, err := NewVerifier(signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, anchor := range anchors {
		if err := verifier.Expect(anchor); err != nil {
			t.Fatal(err)
		}
	}
	for i := range entries {
		verifier.Add(&entries[i])
	}
	return verifier.End(testDay)
}

func faultsOf(v *engine.ReceiptsVerdict) (kinds []string) {
	for _, f := range v.Faults {
		kinds = append(kinds, string(f.Kind))
	}
	return kinds
}

func TestWhatWasDoneToTheChainIsFound(t *testing.T) {
	signer, other := newSigner(t), newSigner(t)
	for _, c := range []struct {
		name string
		do   func(entries []engine.ChainEntry) []engine.ChainEntry
		want []string
	}{
		{"nothing", func(e []engine.ChainEntry) []engine.ChainEntry { return e }, nil},
		{"spaces and the order of members", func(e []engine.ChainEntry) []engine.ChainEntry {
			var members map[string]json.RawMessage
			json.Unmarshal(e[3].Document, &members)
			e[3].Document, _ = json.MarshalIndent(members, "", "\t")
			return e
		}, nil},
		{"a receipt changed", func(e []engine.ChainEntry) []engine.ChainEntry {
			e[3].Document = bytes.Replace(e[3].Document, []byte("web-1"), []byte("web-2"), 1)
			return e
		}, []string{"changed"}},
		{"a receipt changed and its link made anew without the key", func(e []engine.ChainEntry) []engine.ChainEntry {
			e[3].Document = bytes.Replace(e[3].Document, []byte("web-1"), []byte("web-2"), 1)
			e[3].Link, _ = LinkOf(e[3].Previous, e[3].Sequence, e[3].Kind, e[3].Document)
			return e
		}, []string{"unsigned"}},
		{"a receipt changed and signed with another key", func(e []engine.ChainEntry) []engine.ChainEntry {
			e[3].Document = bytes.Replace(e[3].Document, []byte("web-1"), []byte("web-2"), 1)
			e[3].Link, _ = LinkOf(e[3].Previous, e[3].Sequence, e[3].Kind, e[3].Document)
			e[3].Signature, _ = other.Sign(signedOf(e[3].Link))
			return e
		}, []string{"unsigned"}},
		{"a receipt lost, its proof kept", func(e []engine.ChainEntry) []engine.ChainEntry { e[3].Document = nil; return e }, []string{"removed"}},
		{"listed as something else", func(e []engine.ChainEntry) []engine.ChainEntry { e[3].Differs = true; return e }, []string{"changed"}},
		{"a receipt removed", func(e []engine.ChainEntry) []engine.ChainEntry { return slices.Delete(e, 3, 4) }, []string{"removed"}},
		{"several removed", func(e []engine.ChainEntry) []engine.ChainEntry { return slices.Delete(e, 2, 5) }, []string{"removed"}},
		{"the beginning removed", func(e []engine.ChainEntry) []engine.ChainEntry { return e[2:] }, []string{"removed"}},
		{"a receipt removed and the rest renumbered", func(e []engine.ChainEntry) []engine.ChainEntry {
			e = slices.Delete(e, 3, 4)
			for i := range e {
				e[i].Sequence = uint64(i + 1)
			}
			return e
		}, []string{"changed", "changed", "changed"}},
		{"one added with another key", func(e []engine.ChainEntry) []engine.ChainEntry {
			false1 := e[6]
			false1.Sequence++
			false1.Previous = e[6].Link
			false1.Link, _ = LinkOf(false1.Previous, false1.Sequence, false1.Kind, false1.Document)
			false1.Signature, _ = other.Sign(signedOf(false1.Link))
			return append(e, false1)
		}, []string{"unsigned"}},
		{"two exchanged", func(e []engine.ChainEntry) []engine.ChainEntry { e[3], e[4] = e[4], e[3]; return e }, []string{"moved"}},
		{"one there twice", func(e []engine.ChainEntry) []engine.ChainEntry { return slices.Insert(e, 4, e[3]) }, []string{"moved"}},
		{"what two say exchanged", func(e []engine.ChainEntry) []engine.ChainEntry {
			e[3].Document, e[4].Document = e[4].Document, e[3].Document
			return e
		}, []string{"changed", "changed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			verdict := verdictOn(t, signer, c.do(testChain(t, signer, 6).entries))
			if got := faultsOf(&verdict); !slices.Equal(got, c.want) || verdict.Holds() != (c.want == nil) || verdict.FaultCount != len(c.want) {
				t.Errorf("%+v, wanted %q", verdict, c.want)
			}
		})
	}
}

func TestAFileOfGapsCostsNoMoreThanItsLength(t *testing.T) {
	// One signature of the broker is all that is needed for it: what an entry says is lost.
	signer := newSigner(t)
	one := testChain(t, signer, 1).entries[1]
	one.Document = nil
	verifier, err := NewVerifier(signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	const entries = 3 * maximumGaps
	for i := range entries {
		one.Sequence = uint64(2*i + 2)
		verifier.Add(&one)
	}
	if len(verifier.gaps) > maximumGaps {
		t.Errorf("%d gaps are kept", len(verifier.gaps))
	}
	if verdict := verifier.End(testDay); verdict.FaultCount != 2*entries {
		t.Errorf("%d faults", verdict.FaultCount)
	}
}

func TestWhatAStrangeLineSaysIsNotRepeatedWhole(t *testing.T) {
	signer := newSigner(t)
	begun := testChain(t, signer, 0).entries[0]
	long := strings.Repeat("9", 1<<20)
	checkpoint, err := SignCheckpoint(signer, engine.NewID(), begun.ChainLink, testDay)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	w, err := NewExportWriter(&file, checkpoint)
	if err == nil {
		err = w.Write(&begun)
	}
	if err == nil {
		err = w.End()
	}
	if err != nil {
		t.Fatal(err)
	}
	file.WriteString(`{"chain":{"sequence":` + long + "}}\n" + `{"id":"` + long + `","chain":{"sequence":2,"kind":"receipt"}}` + "\n")
	export, err := ReadExport(&file)
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := VerifyExport(export, nil, testDay)
	if err != nil || verdict.FaultCount != 2 {
		t.Fatal(verdict.FaultCount, err)
	}
	for _, f := range verdict.Faults {
		if len(f.Text)+len(f.Session) > 1000 {
			t.Errorf("%d bytes: %.200s", len(f.Text)+len(f.Session), f.Text)
		}
	}
}

func TestTheFaultNamesItsPlace(t *testing.T) {
	signer := newSigner(t)
	entries := testChain(t, signer, 6).entries
	verdict := verdictOn(t, signer, slices.Delete(slices.Clone(entries), 2, 5))
	if f := verdict.Faults[0]; f.Sequence != 3 || f.Through != 5 || !strings.Contains(f.Text, "Entries 3 to 5 are missing") {
		t.Errorf("%+v", f)
	}
	entries[3].Document = json.RawMessage(`{}`)
	verdict = verdictOn(t, signer, entries)
	if f := verdict.Faults[0]; f.Sequence != 4 || f.Session != entries[3].Session || !strings.Contains(verdict.String(), string(f.Session)) {
		t.Errorf("%+v, %s", f, verdict)
	}
}

func anchorAt(t *testing.T, signer Signer, head engine.ChainLink) Anchor {
	t.Helper()
	checkpoint, err := SignCheckpoint(signer, "0197e7a4-0000-7000-8000-000000000000", head, testDay)
	if err != nil {
		t.Fatal(err)
	}
	anchor, err := ParseCheckpoint("Jan 31 22:15:30 broker lockwired[7]: msg=\"" + checkpoint.Line + "\"")
	if err != nil {
		t.Fatal(err)
	}
	return anchor
}

func TestACutTailShowsAgainstAnAnchor(t *testing.T) {
	signer := newSigner(t)
	chain := testChain(t, signer, 6)
	anchor := anchorAt(t, signer, chain.entries[6].ChainLink)
	if verdict := verdictOn(t, signer, chain.entries, anchor); !verdict.Holds() {
		t.Errorf("whole: %+v", verdict)
	}
	verdict := verdictOn(t, signer, chain.entries[:5], anchor)
	if got := faultsOf(&verdict); !slices.Equal(got, []string{"tail gone"}) || verdict.Faults[0].Sequence != 6 || verdict.Faults[0].Through != 7 {
		t.Errorf("cut: %+v", verdict)
	}
	// Whoever has the key may cut and write others, which the anchor shows.
	chain.entries = chain.entries[:5]
	for range 5 {
		chain.receipt(t, signer)
	}
	if verdict := verdictOn(t, signer, chain.entries); !verdict.Holds() {
		t.Errorf("written anew with the key, without an anchor: %+v", verdict)
	}
	verdict = verdictOn(t, signer, chain.entries, anchor)
	if got := faultsOf(&verdict); !slices.Equal(got, []string{"forked"}) {
		t.Errorf("written anew: %+v", verdict)
	}
}

func TestAnAnchorThatWasChangedIsNone(t *testing.T) {
	signer, other := newSigner(t), newSigner(t)
	chain := testChain(t, signer, 2)
	verifier, err := NewVerifier(signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Expect(anchorAt(t, other, chain.entries[2].ChainLink)); err == nil {
		t.Error("one of another key is taken")
	}
	checkpoint, err := SignCheckpoint(signer, "0197e7a4-0000-7000-8000-000000000000", chain.entries[2].ChainLink, testDay)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := ParseCheckpoint(strings.Replace(checkpoint.Line, " 3 ", " 2 ", 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Expect(changed); err == nil {
		t.Error("one with another count is taken")
	}
	for _, line := range []string{"", "lockwire-checkpoint", "lockwire-checkpoint 1 2 3", strings.Replace(checkpoint.Line, "checkpoint 1", "checkpoint 2", 1), checkpoint.Line + " more"} {
		if _, err := ParseCheckpoint(line); err == nil {
			t.Errorf("%q is read", line)
		}
	}
}

func TestTheChainIsCheckedAcrossACut(t *testing.T) {
	signer := newSigner(t)
	chain := testChain(t, signer, 6)
	chain.append(t, signer, engine.EntryCut, "", Cut{When: testDay, Through: 4, Link: chain.entries[3].Link, Receipts: 3})
	chain.receipt(t, signer)
	rest := chain.entries[4:]
	if verdict := verdictOn(t, signer, rest); !verdict.Holds() || len(verdict.Notes) != 1 || !strings.Contains(verdict.Notes[0], "Entries 1 to 4 were dropped") {
		t.Errorf("%+v", verdict)
	}
	if verdict := verdictOn(t, signer, rest[1:]); verdict.Holds() {
		t.Error("one more may be missing than was cut")
	}
	withoutCut := slices.Delete(slices.Clone(rest), 3, 4)
	if verdict := verdictOn(t, signer, withoutCut); verdict.Holds() {
		t.Error("it holds without the entry about the cut")
	}
	if verdict := verdictOn(t, signer, rest, anchorAt(t, signer, chain.entries[2].ChainLink)); !verdict.Holds() || len(verdict.Notes) != 2 {
		t.Errorf("an anchor of what was dropped: %+v", verdict)
	}
	if verdict := verdictOn(t, signer, chain.entries[4:7], anchorAt(t, signer, chain.entries[3].ChainLink)); !verdict.Holds() {
		t.Errorf("an anchor in front of it: %+v", verdict)
	}
}

func TestARestoreIsToldAndAnAnchorShowsWhatIsGone(t *testing.T) {
	signer := newSigner(t)
	chain := testChain(t, signer, 6)
	anchor := anchorAt(t, signer, chain.entries[6].ChainLink)
	chain.entries = chain.entries[:4]
	chain.append(t, signer, engine.EntryRestore, "", Restoration{When: testDay, Made: testDay.Add(-time.Hour), Who: "root"})
	for range 4 {
		chain.receipt(t, signer)
	}
	if verdict := verdictOn(t, signer, chain.entries); !verdict.Holds() || len(verdict.Notes) != 1 || !strings.Contains(verdict.Notes[0], "restored") {
		t.Errorf("%+v", verdict)
	}
	if verdict := verdictOn(t, signer, chain.entries, anchor); !slices.Equal(faultsOf(&verdict), []string{"forked"}) {
		t.Errorf("against the anchor: %+v", verdict)
	}
}

func TestAnExportIsCheckedWithoutARecord(t *testing.T) {
	signer := newSigner(t)
	chain := testChain(t, signer, 6)
	write := func() []string {
		checkpoint, err := SignCheckpoint(signer, "0197e7a4-0000-7000-8000-000000000000", chain.entries[6].ChainLink, testDay)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		out, err := NewExportWriter(&text, checkpoint)
		for i := 0; err == nil && i < len(chain.entries); i++ {
			err = out.Write(&chain.entries[i])
		}
		if err == nil {
			err = out.End()
		}
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(text.String()), "\n")
	}
	for _, c := range []struct {
		name string
		do   func(lines []string) []string
		want []string
	}{
		{"as it was written", func(l []string) []string { return l }, nil},
		{"a line changed", func(l []string) []string { l[3] = strings.Replace(l[3], "web-1", "web-2", 1); return l }, []string{"changed"}},
		{"a member added", func(l []string) []string { l[3] = `{"note":"x",` + l[3][1:]; return l }, []string{"changed"}},
		{"a line removed", func(l []string) []string { return slices.Delete(l, 3, 4) }, []string{"removed"}},
		{"two lines exchanged", func(l []string) []string { l[3], l[4] = l[4], l[3]; return l }, []string{"moved"}},
		{"the end cut off", func(l []string) []string { return l[:6] }, []string{"tail gone"}},
		{"a receipt without a proof", func(l []string) []string { return append(l, `{"id":"x"}`) }, []string{"unsigned"}},
		{"something else", func(l []string) []string { return append(l, `{`) }, []string{"unsigned"}},
		{"a receipt lost", func(l []string) []string {
			at := strings.Index(l[3], `"chain":`)
			l[3] = `{"lost":true,` + l[3][at:]
			return l
		}, []string{"removed"}},
	} {
		export, err := ReadExport(strings.NewReader(strings.Join(c.do(write()), "\n")))
		if err != nil {
			t.Fatal(c.name, err)
		}
		verdict, err := VerifyExport(export, nil, testDay)
		if got := faultsOf(&verdict); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, %v", c.name, verdict, err)
		}
	}
	if _, err := ReadExport(strings.NewReader(write()[1])); err == nil {
		t.Error("a file without its first line is taken for an export")
	}
}
