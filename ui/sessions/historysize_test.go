//go:build cgo

package sessions

import (
	"bufio"
	"os"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/engine/enginetest/freshstore"
	"lockwire/engine/enginetest/raced"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
)

// A history of 100,000 sessions in a real database: it is opened, scrolled, searched through and exported in pages.
func TestAHistoryOfAHundredThousandSessionsIsReadInPages(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes a large database")
	}
	many, rare := 100_000, 70_000 // the rare one is deep in the history
	if raced.Detector {
		many, rare = 6_000, 4_000
	}
	const atOnce = 2_000
	s := uitest.NewStage(t)
	records := freshstore.Open(t)
	defer func() {
		if err := records.Close(); err != nil {
			t.Error(err)
		}
	}()
	for first := 0; first < many; first += atOnce {
		err := records.Write(t.Context(), func(tx engine.Transaction) error {
			for i := first; i < first+atOnce; i++ {
				session := uitest.LiveSession(engine.Sealed)
				session.ID = engine.IDFromBytes([16]byte{6: 0x70, 8: 0x80, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)})
				session.Began = uitest.Moment.Add(time.Duration(i-many) * time.Second)
				if i == many-rare {
					session.RouteName = "Yearly"
				}
				if err := tx.InsertReceipt(receiptOf(session, engine.SessionEnded, "no connection was open for 15 s")); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.Local.Store = records
	h := newHistoryPane(s.Console)
	h.choice.days.Span.Selected = spanAll
	s.Window.SetContent(h.content)
	timed := func(what string, work func()) {
		began := time.Now()
		work()
		t.Logf("%s: %v", what, time.Since(began).Round(time.Millisecond))
	}

	timed("opened", h.list.Restart)
	if got := len(h.list.Table.Rows()); got < page.ListRead || got > 2*page.ListRead {
		t.Errorf("%d sessions are read at first", got)
	}
	timed("scrolled through 5,000", func() {
		for len(h.list.Table.Rows()) < 5000 {
			h.list.Table.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
		}
	})
	timed("none found among all", func() { h.filter.SetText("YEARLY nowhere") })
	if got := len(h.list.Table.Rows()); got != 0 {
		t.Errorf("%d sessions have a word that none has", got)
	}
	timed("one found among all", func() { h.filter.SetText("yearly") })
	if rows := h.list.Table.Rows(); len(rows) != 1 || rows[0].RouteName != "Yearly" || h.list.Caption.Text != "1 session" {
		t.Errorf("%d sessions found; it says %q", len(rows), h.list.Caption.Text)
	}
	h.filter.SetText("")
	path := ""
	timed("exported", func() { path = exported(t, s, h, csvExport) })
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		lines++
	}
	if lines != many+1 {
		t.Errorf("%d lines are written", lines)
	}
}
