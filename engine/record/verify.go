package record

import (
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
)

// Verifier looks at the entries of a chain in the order in which they stand. It keeps no entry.
type Verifier struct {
	key     *ecdsa.PublicKey
	keyID   engine.KeyID
	verdict engine.ReceiptsVerdict
	last    engine.ChainLink // the last one that stands where it belongs; zero before the first
	// strange is the sequence of the last entry that the key has not signed.
	strange uint64
	gaps    []gap
	cuts    []Cut
	anchors []expected
}

// expected is an anchor that the chain is held against.
type expected struct {
	Anchor
	met bool // its entry was seen
}

// gap are entries that are missing in front of one that is there.
type gap struct {
	first, last uint64
	// link is that of the last one that is missing, as the entry behind it says.
	link engine.ChainHash
}

// Cut is what an entry about dropped ones says.
type Cut struct {
	When time.Time `json:"when"`
	// Through is the sequence of the last entry that was dropped, Link its link.
	Through uint64           `json:"through"`
	Link    engine.ChainHash `json:"link"`
	// Receipts counts those that were dropped.
	Receipts uint64 `json:"receipts"`
	// Exported is the file that they were written to before, and its SHA-256 in hexadecimal; empty where they were not.
	Exported string `json:"exported,omitempty"`
	Sum      string `json:"sum,omitempty"`
}

// NewVerifier makes one for a chain that a key has to have signed, given as a SubjectPublicKeyInfo in DER.
func NewVerifier(key []byte) (*Verifier, error) {
	parsed, id, err := ParseKey(key)
	if err != nil {
		return nil, err
	}
	return &Verifier{key: parsed, keyID: id, verdict: engine.ReceiptsVerdict{Key: id}}, nil
}

// Expect has the chain held against an anchor, besides those given before. It refuses one that the key has not signed.
func (v *Verifier) Expect(anchor Anchor) error {
	if anchor.Key != v.keyID {
		return fmt.Errorf("the anchor is signed with the key %s, the receipts with %s: they are not of one chain", anchor.Key.Fingerprint(), v.keyID.Fingerprint())
	}
	if !anchor.SignedBy(v.key) {
		return fmt.Errorf("the anchor was changed: its signature is not that of the key %s", anchor.Key.Fingerprint())
	}
	v.anchors = append(v.anchors, expected{Anchor: anchor})
	return nil
}

// Add looks at the next entry.
func (v *Verifier) Add(e *engine.ChainEntry) {
	v.verdict.Entries++
	if e.Kind == engine.EntryReceipt {
		v.verdict.Receipts++
	}
	if v.verdict.First == 0 {
		v.verdict.First = e.Sequence
	}
	v.verdict.Last = max(v.verdict.Last, e.Sequence)
	if !signed(v.key, signedOf(e.Link), e.Signature) {
		v.fault(engine.ReceiptUnsigned, e, "%s is not signed by the broker's key: somebody who does not have it has added or rewritten it.", nameOf(e))
		v.strange = e.Sequence
		return
	}
	intact := v.intact(e)
	switch {
	case e.Sequence <= v.last.Sequence:
		v.moved(e)
		return
	case e.Sequence > v.last.Sequence+1:
		if first := v.last.Sequence + 1; first != v.strange || first != e.Sequence-1 {
			v.gap(gap{first, e.Sequence - 1, e.Previous})
		}
	case intact && e.Previous != v.last.Link:
		v.fault(engine.ReceiptForked, e, "%s does not follow the entry before it, although both are signed: the broker's key signed two different continuations.", nameOf(e))
	}
	v.last = e.ChainLink
	if !intact {
		return
	}
	v.said(e)
	for i := range v.anchors {
		a := &v.anchors[i]
		if e.Sequence != a.Sequence {
			continue
		}
		if a.met = true; e.Link != a.Link {
			v.fault(engine.ReceiptForked, e, "%s is another than the anchor of %s knows: the chain was written anew from there or before.", nameOf(e), a.When.Format(time.RFC3339))
		}
	}
}

// intact tells whether an entry whose link is signed says what was signed.
func (v *Verifier) intact(e *engine.ChainEntry) bool {
	if e.Document == nil {
		v.fault(engine.ReceiptRemoved, e, "%s is missing: its place in the chain is there, and what it said is not.", nameOf(e))
		return false
	}
	link, err := LinkOf(e.Previous, e.Sequence, e.Kind, e.Document)
	if err != nil || link != e.Link {
		v.fault(engine.ReceiptChanged, e, "%s was changed: it does not say what the broker signed.", nameOf(e))
		return false
	}
	if e.Differs {
		v.fault(engine.ReceiptChanged, e, "%s was changed: what it is listed and summed up by is not what it says itself.", nameOf(e))
	}
	return true
}

// maximumGaps bounds how many gaps are kept until the end, when it is known whether what is missing there stands elsewhere.
const maximumGaps = 1000

func (v *Verifier) gap(g gap) {
	if len(v.gaps) == maximumGaps {
		v.missing(g)
		return
	}
	v.gaps = append(v.gaps, g)
}

// moved is about an entry that stands behind one with a higher number.
func (v *Verifier) moved(e *engine.ChainEntry) {
	v.fault(engine.ReceiptMoved, e, "%s stands behind entry %d: it was moved, or is there twice.", nameOf(e), v.last.Sequence)
	at := slices.IndexFunc(v.gaps, func(g gap) bool { return g.first <= e.Sequence && e.Sequence <= g.last })
	if at < 0 {
		return
	}
	// It is not missing.
	g := v.gaps[at]
	var rest []gap
	if g.first < e.Sequence {
		rest = append(rest, gap{g.first, e.Sequence - 1, e.Previous})
	}
	if e.Sequence < g.last {
		rest = append(rest, gap{e.Sequence + 1, g.last, g.link})
	}
	v.gaps = slices.Replace(v.gaps, at, at+1, rest...)
}

// said takes in what an intact entry says of the chain itself.
func (v *Verifier) said(e *engine.ChainEntry) {
	read := func(into any) bool { return json.Unmarshal(e.Document, into) == nil }
	switch e.Kind {
	case engine.EntryBegin:
		var begin Beginning
		if !read(&begin) || e.Sequence != 1 || e.Previous != (engine.ChainHash{}) {
			v.fault(engine.ReceiptForked, e, "%s begins a chain in the midst of one.", nameOf(e))
			return
		}
		if _, id, err := ParseKey(begin.Key); err != nil || id != v.keyID {
			v.fault(engine.ReceiptsOtherKey, e, "The chain was begun for another key than the one that signs it.")
		}
		if begin.Before {
			v.note("The chain was begun on %s with receipts that were in the record by then: what happened to those before, it cannot tell.", begin.When.Format(time.RFC3339))
		}
	case engine.EntryCut:
		var cut Cut
		if read(&cut) {
			v.cuts = append(v.cuts, cut)
		}
	case engine.EntryRestore:
		var restored Restoration
		if read(&restored) {
			v.note("The record was restored on %s from a backup of %s (entry %d): what was written after that backup is not in it.",
				restored.When.Format(time.RFC3339), restored.Made.Format(time.RFC3339), e.Sequence)
		}
	}
}

// End gives the verdict once all entries were looked at.
func (v *Verifier) End(now time.Time) engine.ReceiptsVerdict {
	for _, g := range v.gaps {
		v.missing(g)
	}
	for _, a := range v.anchors {
		switch dropped := func(c Cut) bool { return a.Sequence <= c.Through }; {
		case a.met:
		case a.Sequence > v.last.Sequence:
			v.add(engine.ReceiptFault{Kind: engine.ReceiptTailGone, Sequence: v.last.Sequence + 1, Through: a.Sequence,
				Text: fmt.Sprintf("%s missing at the end: the anchor of %s counts %s, and the chain ends with %d.", entriesInWords(v.last.Sequence+1, a.Sequence),
					a.When.Format(time.RFC3339), engine.CountInWords(int(a.Sequence), "entry", "entries"), v.last.Sequence)})
		case slices.ContainsFunc(v.cuts, dropped):
			v.note("The anchor of %s is of an entry that was dropped since because of its age; it could not be compared.", a.When.Format(time.RFC3339))
		}
	}
	v.verdict.Checked = now.UTC()
	return v.verdict
}

// missing judges a gap: entries that were dropped as a cut says, or that come before the anchor, are no fault.
func (v *Verifier) missing(g gap) {
	for _, c := range v.cuts {
		if c.Through == g.last && c.Link == g.link {
			v.note("%s dropped on %s because of their age, %s among them; the chain goes on behind the cut.",
				entriesWere(g.first, g.last), c.When.Format(time.RFC3339), engine.CountInWords(int(c.Receipts), "receipt", "receipts"))
			return
		}
	}
	for i := range v.anchors {
		if a := &v.anchors[i]; g.first == 1 && a.Sequence == g.last && a.Link == g.link {
			a.met = true
			v.note("It begins behind the anchor of %s.", a.When.Format(time.RFC3339))
			return
		}
	}
	v.add(engine.ReceiptFault{Kind: engine.ReceiptRemoved, Sequence: g.first, Through: g.last, Text: entriesInWords(g.first, g.last) + " missing: removed by somebody, or lost."})
}

// Added reports a receipt that the record has and the chain has not.
func (v *Verifier) Added(session engine.ID) {
	v.add(engine.ReceiptFault{Kind: engine.ReceiptAdded, Session: session,
		Text: fmt.Sprintf("The receipt of session %s is in the record and not in the chain: somebody who does not have the broker's key has added it.", session)})
}

// Strange reports a line of an export that is no entry.
func (v *Verifier) Strange(line int, why error) {
	v.add(engine.ReceiptFault{Kind: engine.ReceiptUnsigned, Text: fmt.Sprintf("Line %d is no entry that the broker wrote: %.200s.", line, why.Error())})
}

func (v *Verifier) fault(kind engine.ReceiptFaultKind, e *engine.ChainEntry, text string, arguments ...any) {
	v.add(engine.ReceiptFault{Kind: kind, Sequence: e.Sequence, Session: e.Session, Text: fmt.Sprintf(text, arguments...)})
}

func (v *Verifier) add(fault engine.ReceiptFault) {
	v.verdict.FaultCount++
	if len(v.verdict.Faults) < engine.MaximumReceiptFaults {
		v.verdict.Faults = append(v.verdict.Faults, fault)
	}
}

func (v *Verifier) note(text string, arguments ...any) {
	const most = 100
	if len(v.verdict.Notes) < most {
		v.verdict.Notes = append(v.verdict.Notes, fmt.Sprintf(text, arguments...))
	}
}

// nameOf begins a sentence about an entry.
func nameOf(e *engine.ChainEntry) string {
	if e.Session == "" {
		return fmt.Sprintf("Entry %d", e.Sequence)
	}
	return fmt.Sprintf("Entry %d, the receipt of session %s,", e.Sequence, e.Session)
}

func entriesInWords(first, last uint64) string {
	if first == last {
		return fmt.Sprintf("Entry %d is", first)
	}
	return fmt.Sprintf("Entries %d to %d are", first, last)
}

func entriesWere(first, last uint64) string {
	if first == last {
		return fmt.Sprintf("Entry %d was", first)
	}
	return fmt.Sprintf("Entries %d to %d were", first, last)
}
