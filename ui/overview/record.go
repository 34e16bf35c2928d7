package overview

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/ui/text"
)

const (
	// askRecordEvery is how often the overview asks the record.
	askRecordEvery = 15 * time.Second
	// maximumChanges is how many changes are counted.
	maximumChanges = 1000
)

// recorded is what the overview knows of the record.
type recorded struct {
	known  bool
	backup bool       // a backup has gone over Lockwire
	away   *whileAway // nil if nobody was away, or if the report was read
}

// whileAway is what happened while no window was open.
type whileAway struct {
	from    time.Time
	totals  engine.ReceiptTotals
	changes int
}

// readRecord reads what the overview shows of the record. Away is the time without a window; it is zero if its report is known. Backup
// tells that there is no need to look for one.
func readRecord(ctx context.Context, admin engine.Administration, now time.Time, away engine.Span, backup bool) (r recorded, err error) {
	r.known, r.backup = true, backup
	if !backup {
		receipts, err := admin.Receipts(ctx, engine.ReceiptQuery{State: engine.SessionEnded})
		if err != nil {
			return r, err
		}
		r.backup = slices.ContainsFunc(receipts, func(receipt engine.Receipt) bool { return !receipt.Test })
	}
	if !away.From.IsZero() {
		w := &whileAway{from: away.From}
		if w.totals, err = admin.ReceiptTotals(ctx, away); err != nil {
			return r, err
		}
		entries, err := admin.Audit(ctx, engine.AuditQuery{From: away.From, Until: away.Until, Limit: maximumChanges})
		if err != nil {
			return r, err
		}
		w.changes = len(entries)
		r.away = w
	}
	return r, nil
}

// words say what happened.
func (w *whileAway) words() string {
	label := "Since " + text.Time(w.from) + ", while no window was open: "
	ended := "no session ended"
	if n := w.totals.Ended(); n > 0 {
		ended = text.Count(n, "session ended", "sessions ended") + ", " + movedWords("sealed", w.totals.Sealed)
		if w.totals.Plain.Sessions > 0 {
			ended += ", " + movedWords("plain", w.totals.Plain)
		}
	}
	refused := "none was refused"
	if w.totals.Refused > 0 {
		refused = fmt.Sprintf("%d refused", w.totals.Refused)
	}
	changes := "nothing was changed"
	switch {
	case w.changes >= maximumChanges:
		changes = fmt.Sprintf("more than %d changes", w.changes-1)
	case w.changes > 0:
		changes = text.Count(w.changes, "change", "changes")
	}
	return label + ended + "; " + refused + "; " + changes + "."
}

func movedWords(kind string, of engine.SessionTotals) string {
	return fmt.Sprintf("%d %s (%s)", of.Sessions, kind, text.Size(of.Bytes))
}
