package settings

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// leastPassphrase is the engine's minimum in bytes, repeated here to check while typing.
const leastPassphrase = 12

// backupDialog asks for a passphrase and a file, and writes a backup.
type backupDialog struct {
	console       *page.Console
	installation  engine.ID
	dialog        *kit.FormDialog
	first, second *kit.FormEntry
	firstField    *kit.FormField
	secondField   *kit.FormField
	next          *widget.Button
	cancel        func() // ends the backup that runs; nil while none does
	written       atomic.Int64
	progress      *widget.Label
}

func showBackup(c *page.Console, state *model.State) *backupDialog {
	b := &backupDialog{console: c, installation: state.Installation.ID}
	b.dialog = kit.ShowForm(c.Window, "Back up this installation", fyne.NewSize(580, 360), b.stop)
	changed := func(string) { b.check() }
	b.first = b.dialog.Entry("", "", changed)
	b.second = b.dialog.Entry("", "", changed)
	b.first.Password, b.second.Password = true, true
	b.firstField = kit.NewFormField("Passphrase", b.first, fmt.Sprintf("at least %d characters; without it the backup cannot be restored", leastPassphrase))
	b.secondField = kit.NewFormField("Again", b.second, "")
	b.next = widget.NewButton("Choose the file…", b.choose)
	b.next.Importance = widget.HighImportance
	b.dialog.Set(container.NewVBox(
		kit.Wrapped("The backup holds the whole record: rules, routes, components, receipts. The key of this installation's authority is in it too, sealed under this passphrase. Keep the two in different places."),
		b.dialog.Rows(b.firstField, b.secondField)), widget.NewButton("Cancel", b.dialog.Close), b.next)
	b.check()
	c.Window.Canvas().Focus(b.first)
	return b
}

// stop ends what runs and forgets the passphrase.
func (b *backupDialog) stop() {
	if b.cancel != nil {
		b.cancel()
		b.cancel = nil
	}
	b.first.Text, b.second.Text = "", ""
}

func (b *backupDialog) check() {
	var firstErr, secondErr error
	first, second := b.first.Text, b.second.Text
	switch {
	case !utf8.ValidString(first):
		firstErr = errors.New("write text")
	case len(first) < leastPassphrase:
		firstErr = fmt.Errorf("at least %d characters are needed: it protects the authority's key", leastPassphrase)
	}
	if subtle.ConstantTimeCompare([]byte(first), []byte(second)) != 1 {
		secondErr = errors.New("the two are not the same")
	}
	if first == "" {
		b.firstField.SetError(nil)
	} else {
		b.firstField.SetError(firstErr)
	}
	if second == "" {
		b.secondField.SetError(nil)
	} else {
		b.secondField.SetError(secondErr)
	}
	if firstErr == nil && secondErr == nil {
		b.next.Enable()
	} else {
		b.next.Disable()
	}
}

func (b *backupDialog) choose() {
	name := "lockwire-backup-" + time.Now().Format("2006-01-02-1504") + ".tar"
	kit.AskSave(b.console.Window, b.console.Background, "Save the backup", name, b.write)
}

// write writes the backup off Fyne's goroutine. Closing the dialog cancels it and removes the file.
func (b *backupDialog) write(path string) {
	passphrase := []byte(b.first.Text)
	b.progress = kit.Wrapped("Writing " + path + "…")
	b.dialog.Set(b.progress, widget.NewButton("Cancel the backup", b.dialog.Close))
	b.written.Store(0)
	running := true
	cancel := kit.FetchCancellable(b.console.Background, func(ctx context.Context) (struct{}, error) {
		defer clear(passphrase)
		return struct{}{}, disk.Write(path, disk.Options{Mode: 0o600}, func(w io.Writer) error {
			return b.console.Admin.Backup(ctx, passphrase, &countingWriter{Writer: w, ctx: ctx, count: &b.written, report: b.showProgress})
		})
	}, func(_ struct{}, err error) {
		running = false
		b.cancel = nil
		if b.dialog.Done {
			return // cancelled; the file is gone
		}
		b.finish(path, err)
	})
	if running {
		b.cancel = cancel
	}
}

// showProgress shows how much has been written. It is called off Fyne's goroutine.
func (b *backupDialog) showProgress() {
	fyne.Do(func() { b.progress.SetText(text.Size(uint64(b.written.Load())) + " written…") })
}

func (b *backupDialog) finish(path string, err error) {
	closing := widget.NewButton("Close", b.dialog.Close)
	closing.Importance = widget.HighImportance
	if err != nil {
		b.dialog.Set(kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "The backup was not written to "+path+": "+err.Error()), widget.NewButton("Choose another file…", b.choose), closing)
		return
	}
	where := kit.Copyable(kit.Monospaced(path))
	b.first.Text, b.second.Text = "", ""
	b.dialog.Set(container.NewVBox(
		kit.NewNotice(theme.ConfirmIcon(), kit.ColorSealed, "The backup is written: "+text.Size(uint64(b.written.Load()))+"."),
		where, kit.Muted("Bring it to another machine. To restore it there: lockwired restore FILE, with the passphrase.")), closing)
}

// progressEvery is the number of bytes between two reports of progress.
const progressEvery = 16 << 20

// countingWriter counts bytes, reports progress, and fails once its context is done.
type countingWriter struct {
	io.Writer
	ctx    context.Context
	count  *atomic.Int64
	report func()
	last   int64
}

func (w *countingWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.Writer.Write(p)
	if total := w.count.Add(int64(n)); total-w.last >= progressEvery {
		w.last = total
		w.report()
	}
	return n, err
}
