package sessions

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// manyReceipts makes receipts, the newest first.
func manyReceipts(n int) []engine.Receipt {
	receipts := make([]engine.Receipt, n)
	for i := range receipts {
		session := uitest.LiveSession(engine.Sealed)
		number := n - i
		session.ID = engine.IDFromBytes([16]byte{6: 0x70, 13: byte(number >> 16), 14: byte(number >> 8), 15: byte(number)})
		receipts[i] = receiptOf(session, engine.SessionEnded, fmt.Sprintf("reason %d", number))
		receipts[i].Began = uitest.Moment.Add(-time.Duration(i) * time.Second)
	}
	return receipts
}

// exported exports the history into a file through the dialog.
func exported(t *testing.T, s *uitest.Stage, h *historyPane, format exportFormat) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out"+format.suffix)
	h.export(format)
	var field *kit.FormEntry
	for _, o := range test.LaidOutObjects(s.Window.Canvas().Overlays().Top()) {
		if entry, ok := o.(*kit.FormEntry); ok {
			field = entry
		}
	}
	if field == nil {
		t.Fatal("no place is asked for")
	}
	field.SetText(path)
	screen.Press(t, s.Window, "Save")
	return path
}

func TestTheWholeHistoryIsExportedThoughOnlyAPageIsRead(t *testing.T) {
	s, page, recorded, _ := onRecord(t)
	recorded.receipts = manyReceipts(2*exportRead + 7)
	recorded.receipts[3].SourceName = "=HYPERLINK(\"evil\")"
	recorded.receipts[3].Decision.Rules = []string{"=HYPERLINK(\"evil\")"}
	page.tabs.SelectIndex(historyTab)
	if read := len(page.history.list.Table.Rows()); read >= len(recorded.receipts) {
		t.Fatalf("%d receipts are read before anybody scrolled", read)
	}

	file, err := os.Open(exported(t, s, page.history, csvExport))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil || len(lines) != len(recorded.receipts)+1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if lines[0][0] != "id" || lines[1][0] != string(recorded.receipts[0].ID) || !slices.Contains(lines[4], "'=HYPERLINK(\"evil\")") || slices.Contains(lines[4], "=HYPERLINK(\"evil\")") {
		t.Errorf("begins with %q, %q; the line of formulas is %q", lines[0][0], lines[1][0], lines[4])
	}
	if notes := s.Notes.Texts(); len(notes) != 1 || !strings.Contains(notes[0], "2,007 sessions written to "+file.Name()) || uitest.Top(s) != "" {
		t.Errorf("in the end it says %q, and %q in a dialog", notes, uitest.Top(s))
	}

	page.history.filter.SetText("reason 2007")
	text, err := os.ReadFile(exported(t, s, page.history, jsonExport))
	if err != nil {
		t.Fatal(err)
	}
	var receipts []engine.Receipt
	if err := json.Unmarshal(text, &receipts); err != nil || len(receipts) != 1 || receipts[0].Reason != "reason 2007" {
		t.Errorf("%d receipts, %v", len(receipts), err)
	}
}

// cancelling cancels an export when its second page is asked for.
type cancelling struct {
	*recordedAdministration
	cancel context.CancelFunc
	pages  int
}

func (c *cancelling) Receipts(ctx context.Context, query engine.ReceiptQuery) ([]engine.Receipt, error) {
	if c.pages++; c.pages == 2 {
		c.cancel()
	}
	return c.recordedAdministration.Receipts(ctx, query)
}

func TestACancelledExportLeavesNoFile(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	admin := &cancelling{recordedAdministration: &recordedAdministration{receipts: manyReceipts(3*exportRead + 1)}, cancel: cancel}
	folder := t.TempDir()
	run := &receiptExport{}
	err := writeReceipts(ctx, filepath.Join(folder, "out.csv"), run, admin, engine.ReceiptQuery{}, csvExport)
	if !errors.Is(err, context.Canceled) || admin.pages != 2 {
		t.Errorf("after %d pages: %v", admin.pages, err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("left is %v", left)
	}
}

func TestAnExportOfNothingIsAValidFile(t *testing.T) {
	for _, format := range []exportFormat{csvExport, jsonExport} {
		var text strings.Builder
		run := &receiptExport{}
		if err := run.run(t.Context(), &recordedAdministration{}, engine.ReceiptQuery{}, format.writer(&text)); err != nil {
			t.Fatal(err)
		}
		if format.name == "JSON" && text.String() != "[]\n" || format.name == "CSV" && !strings.HasPrefix(text.String(), "id,began,ended,") {
			t.Errorf("%s: %q", format.name, text.String())
		}
	}
}
