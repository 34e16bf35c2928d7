package engine

import (
	"encoding/json"
	"time"
)

// Actor is who did something: `uid 0 (root)` over the local socket, `administrator NAME`, `broker`, or `data folder, uid 0 (root)`.
type Actor string

// AuditEntry says who changed what and when. Entries are only ever added.
type AuditEntry struct {
	ID    ID        `json:"id"`
	When  time.Time `json:"when"`
	Who   Actor     `json:"who"`
	What  string    `json:"what"`  // such as rule.edit
	Thing string    `json:"thing"` // the name of what was changed
	// Before and After are the thing in JSON; null where there was none.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// Change is what the entries of one change have in common; empty for an entry by itself.
	Change ID `json:"change,omitempty"`
	// Turned is what the change, with all of its entries, made of pairs; nil where no pair was protected otherwise by it.
	Turned *Turned `json:"turned,omitempty"`
	// Parts count the entries of the change by what they say, where the entry stands for several of them; empty otherwise.
	Parts []AuditPart `json:"parts,omitempty"`
}

// AuditPart is how many entries of a change say the same.
type AuditPart struct {
	What  string `json:"what"` // such as rule.edit
	Count int    `json:"count"`
}

// AppendChange adds an entry with what it changed, before and after, written in JSON; nil is nothing.
func AppendChange(tx Transaction, entry AuditEntry, before, after any) (err error) {
	if before != nil {
		if entry.Before, err = json.Marshal(before); err != nil {
			return err
		}
	}
	if after != nil {
		if entry.After, err = json.Marshal(after); err != nil {
			return err
		}
	}
	return tx.AppendAudit(entry)
}

// AuditQuery picks audit entries. Zero fields pick everything, newest first.
type AuditQuery struct {
	From, Until time.Time
	Thing       string
	// Change picks the entries of one change.
	Change ID
	// Entry picks the one with this id.
	Entry ID
	// Text picks those whose SearchText has each of its words, whatever its case.
	Text   string
	Order  AuditOrder
	Upward bool // else the newest or the last comes first
	// Grouped gives one entry for each change, the newest, with Parts. With Text each entry that is found is given by itself all the same.
	Grouped bool
	// Before continues a listing: only what comes after the entry with this id.
	Before ID
	Limit  int // 0 means 100; at most 1,000
}
