package sessions

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/engine/record"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// exportRead is how many receipts an export reads at a time: the most that can be asked for.
const exportRead = 1000

// exportFormat is a kind of file that the history can be written as.
type exportFormat struct {
	name, suffix string
	writer       func(io.Writer) receiptWriter
}

// receiptWriter writes one receipt after the other. End is called once, after the last.
type receiptWriter interface {
	Write(*engine.Receipt) error
	End() error
}

var (
	csvExport  = exportFormat{"CSV", ".csv", func(w io.Writer) receiptWriter { return record.NewReceiptTable(w) }}
	jsonExport = exportFormat{"JSON", ".json", newJSONWriter}
)

// receiptExport is an export that runs.
type receiptExport struct {
	written, read atomic.Int64
	reached       atomic.Int64 // when the last session that was read began, in milliseconds
	newest        atomic.Int64 // when the first session did
	from          time.Time    // where the export ends; zero if unknown
	label         *widget.Label
	bar           *widget.ProgressBar
}

// export asks for a file and writes all receipts of the query to it, also those that are not read yet.
func (h *historyPane) export(format exportFormat) {
	if h.exports != nil {
		return
	}
	query, err := h.chosen()
	if err != nil {
		kit.ShowError(h.console.Window, "The history was not exported", err)
		return
	}
	kit.AskSave(h.console.Window, h.console.Background, "Export the history as "+format.name, "lockwire-sessions"+format.suffix, func(path string) {
		run := &receiptExport{from: query.From, label: kit.Wrapped("Reading…"), bar: widget.NewProgressBar()}
		run.bar.Hide()
		h.exports = run
		cancel := func() {}
		dialog := kit.ShowModal(h.console.Window, "Writing "+filepath.Base(path), container.NewVBox(run.label, run.bar), fyne.NewSize(440, 160), func() { cancel() },
			kit.Choice{Text: "Cancel", Run: func() { cancel() }})
		cancel = kit.FetchCancellable(h.console.Background, func(ctx context.Context) (int64, error) {
			err := writeReceipts(ctx, path, run, h.console.Admin, query, format)
			return run.written.Load(), err
		}, func(written int64, err error) {
			h.exports = nil
			dialog.Hide()
			switch {
			case errors.Is(err, context.Canceled):
			case err != nil:
				kit.ShowError(h.console.Window, "The history was not exported", fmt.Errorf("write %s: %w", path, err))
			default:
				h.console.Tell(fmt.Sprintf("%s written to %s", text.Count(int(written), "session", "sessions"), path))
			}
		})
	})
}

// writeReceipts exports to a file atomically. Only the file's owner can read it.
func writeReceipts(ctx context.Context, path string, run *receiptExport, admin engine.Administration, query engine.ReceiptQuery, format exportFormat) error {
	return disk.Write(path, disk.Options{Mode: 0o600}, func(w io.Writer) error { return run.run(ctx, admin, query, format.writer(w)) })
}

// run reads in pages and writes, until there is no more or ctx is done.
func (e *receiptExport) run(ctx context.Context, admin engine.Administration, query engine.ReceiptQuery, to receiptWriter) error {
	query.Limit = exportRead
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		receipts, err := admin.Receipts(ctx, query)
		if err != nil {
			return err
		}
		for i := range receipts {
			if err := to.Write(&receipts[i]); err != nil {
				return err
			}
			e.written.Add(1)
		}
		if len(receipts) > 0 {
			last := &receipts[len(receipts)-1]
			e.newest.CompareAndSwap(0, receipts[0].Began.UnixMilli())
			e.reached.Store(last.Began.UnixMilli())
			query.Before = last.ID
		}
		e.read.Add(int64(len(receipts)))
		if len(receipts) < query.Limit {
			return to.End()
		}
	}
}

// showProgress estimates the progress from dates: receipts are read from the newest to the oldest.
func (e *receiptExport) showProgress() {
	e.label.SetText(fmt.Sprintf("%s read, %d written.", text.Count(int(e.read.Load()), "session", "sessions"), e.written.Load()))
	newest, reached, from := e.newest.Load(), e.reached.Load(), e.from.UnixMilli()
	if !e.from.IsZero() && newest > from {
		e.bar.Show()
		e.bar.SetValue(min(float64(newest-reached)/float64(newest-from), 1))
	}
}

// jsonWriter writes an array of receipts, each as the engine writes it, one a line.
type jsonWriter struct {
	to    *bufio.Writer
	begun bool
}

func newJSONWriter(w io.Writer) receiptWriter { return &jsonWriter{to: bufio.NewWriter(w)} }

func (w *jsonWriter) Write(r *engine.Receipt) error {
	before := ",\n"
	if !w.begun {
		before, w.begun = "[\n", true
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = w.to.WriteString(before + string(text))
	return err
}

func (w *jsonWriter) End() error {
	after := "\n]\n"
	if !w.begun {
		after = "[]\n"
	}
	if _, err := w.to.WriteString(after); err != nil {
		return err
	}
	return w.to.Flush()
}
