package engine

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// EntryKind says what an entry of the chain of receipts is.
type EntryKind string

const (
	// EntryBegin is the first entry: it names the installation and the key that signs.
	EntryBegin EntryKind = "begin"
	// EntryReceipt is the receipt of a session, ended or refused.
	EntryReceipt EntryKind = "receipt"
	// EntryCut says that all entries up to one were dropped because of their age, and what the link of that one was.
	EntryCut EntryKind = "cut"
	// EntryRestore says that the record was restored from a backup: what was written after the backup is not before it.
	EntryRestore EntryKind = "restore"
)

// EntryKinds are all kinds, in the order of the numbers that stand for them in what is hashed, from 1.
var EntryKinds = []EntryKind{EntryBegin, EntryReceipt, EntryCut, EntryRestore}

// ChainHash is a SHA-256 of the chain.
type ChainHash [32]byte

// String writes it as 64 hexadecimal digits.
func (h ChainHash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes it as String does.
func (h ChainHash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (h *ChainHash) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return fmt.Errorf("a hash of the chain has %d hexadecimal digits", hex.EncodedLen(len(h)))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// ChainLink is where an entry stands in the chain, and the proof of it.
type ChainLink struct {
	Sequence uint64    `json:"sequence"` // from 1, without a gap
	Kind     EntryKind `json:"kind"`
	// Previous is the link of the entry before; zero for the first one.
	Previous ChainHash `json:"previous"`
	// Link is the hash of the previous one and of all that the entry says.
	Link ChainHash `json:"link"`
	// Signature is the broker's over Link.
	Signature []byte `json:"signature"`
}

// ChainEntry is an entry of the chain with what it says.
type ChainEntry struct {
	ChainLink
	// Session is that of a receipt.
	Session ID `json:"session,omitempty"`
	// Document is the JSON object that is chained; nil where the record has lost it.
	Document json.RawMessage `json:"document,omitempty"`
	// Differs tells that what the record lists and sums up the receipt by is not what the document says.
	Differs bool `json:"differs,omitempty"`
}

// ChainQuery asks for a page of the chain, in its order.
type ChainQuery struct {
	After uint64 `json:"after"` // the sequence before the first one that is wanted
	Limit int    `json:"limit"` // 0 means 100; at most 1,000
}

// Checkpoint is a signed statement of how far the chain goes at a moment. Kept elsewhere, it tells later whether the end of the chain was
// cut off or written anew.
type Checkpoint struct {
	// Line is the statement, one line of text that can be sent anywhere.
	Line string `json:"line"`
	// Key is the public key that signs, a SubjectPublicKeyInfo in DER.
	Key []byte `json:"key"`
}

// ReceiptFaultKind says what is wrong at a place of the chain.
type ReceiptFaultKind string

const (
	ReceiptChanged   ReceiptFaultKind = "changed"   // it does not say what was signed
	ReceiptUnsigned  ReceiptFaultKind = "unsigned"  // the broker's key has not signed it: somebody else added or wrote it
	ReceiptAdded     ReceiptFaultKind = "added"     // it is in the record and not in the chain
	ReceiptRemoved   ReceiptFaultKind = "removed"   // an entry, or several, are missing
	ReceiptMoved     ReceiptFaultKind = "moved"     // it does not stand where the chain has it
	ReceiptForked    ReceiptFaultKind = "forked"    // the key signed two different continuations
	ReceiptTailGone  ReceiptFaultKind = "tail gone" // the anchor knows of entries that are missing at the end
	ReceiptsOtherKey ReceiptFaultKind = "other key" // another key signs than the one that was expected
)

// ReceiptFault is a place at which the chain does not hold.
type ReceiptFault struct {
	Kind ReceiptFaultKind `json:"kind"`
	// Sequence is that of the entry; of several that are missing the first, and Through the last. 0 where it has none.
	Sequence uint64 `json:"sequence,omitempty"`
	Through  uint64 `json:"through,omitempty"`
	// Session is that of the receipt, where it is one and it is known.
	Session ID `json:"session,omitempty"`
	// Text says in a sentence what is wrong there.
	Text string `json:"text"`
}

// MaximumReceiptFaults bounds how many faults a verdict names.
const MaximumReceiptFaults = 100

// ReceiptsVerdict is what a check of the chain found.
type ReceiptsVerdict struct {
	// Checked is when; zero where nothing was checked yet.
	Checked time.Time `json:"checked,omitzero"`
	// Entries counts what was looked at, Receipts those of them that are receipts. First and Last are their sequences.
	Entries  uint64 `json:"entries"`
	Receipts uint64 `json:"receipts"`
	First    uint64 `json:"first"`
	Last     uint64 `json:"last"`
	// Key is the fingerprint of the key that signs.
	Key KeyID `json:"key"`
	// Faults are the first MaximumReceiptFaults of all FaultCount.
	Faults     []ReceiptFault `json:"faults,omitempty"`
	FaultCount int            `json:"faultCount,omitempty"`
	// Notes say what is no fault and somebody should know: a cut, a restore, what could not be compared.
	Notes []string `json:"notes,omitempty"`
}

// Holds tells that the chain was looked at and nothing is wrong with it.
func (v *ReceiptsVerdict) Holds() bool { return !v.Checked.IsZero() && v.FaultCount == 0 }

// String says the verdict in a sentence.
func (v ReceiptsVerdict) String() string {
	switch {
	case v.Checked.IsZero():
		return "The receipts were not checked yet."
	case v.FaultCount > 0:
		return fmt.Sprintf("The receipts do not verify: %s. %s", CountInWords(v.FaultCount, "fault", "faults"), v.Faults[0].Text)
	case v.Entries == 0:
		return "There is no receipt yet."
	}
	return fmt.Sprintf("%s verified: none was changed, removed, added or moved.", CountInWords(int(v.Receipts), "receipt is", "receipts are"))
}

// ReceiptsCheck is how far the check that the broker does by itself has come.
type ReceiptsCheck struct {
	// Running tells that one is under way; Done of Total entries were looked at.
	Running bool   `json:"running,omitempty"`
	Done    uint64 `json:"done,omitempty"`
	Total   uint64 `json:"total,omitempty"`
	// Problem says why none could be done; empty where one could.
	Problem string `json:"problem,omitempty"`
	// Verdict is that of the last one that ended.
	Verdict ReceiptsVerdict `json:"verdict"`
}
