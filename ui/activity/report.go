package activity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/engine/report"
	"lockwire/ui/kit"
)

// reportFormats are the kinds of files that a report can be written as.
var reportFormats = []struct {
	item, suffix string
	write        func(io.Writer, *engine.ProtectionReport) error
}{
	{"To read and print (HTML)…", ".html", func(to io.Writer, r *engine.ProtectionReport) error { return report.HTML(to, r, time.Local) }},
	{"As a table (CSV)…", ".csv", report.CSV},
	{"For programs (JSON)…", ".json", func(to io.Writer, r *engine.ProtectionReport) error { return json.NewEncoder(to).Encode(r) }},
}

// newReportButton offers a report of the days that are chosen.
func (p *view) newReportButton() *widget.Button {
	var button *widget.Button
	button = widget.NewButtonWithIcon("Report", theme.DocumentPrintIcon(), func() {
		menu := fyne.NewMenu("")
		for i := range reportFormats {
			menu.Items = append(menu.Items, fyne.NewMenuItem(reportFormats[i].item, func() { p.report(i) }))
		}
		widget.ShowPopUpMenuAtRelativePosition(menu, p.console.Window.Canvas(), fyne.NewPos(0, button.Size().Height), button)
	})
	return button
}

// report asks for a file and writes the report of the chosen days to it.
func (p *view) report(format int) {
	from, until, err := p.days.Days()
	if err != nil {
		kit.ShowError(p.console.Window, "No report was written", err)
		return
	}
	kit.AskSave(p.console.Window, p.console.Background, "Save the report", "lockwire-report"+reportFormats[format].suffix, func(path string) {
		p.writeReport(path, engine.Span{From: from, Until: until}, format)
	})
}

// writeReport has the broker make a report and writes it, while the window goes on. Only the file's owner can read it.
func (p *view) writeReport(path string, span engine.Span, format int) {
	c := p.console
	cancel := func() {}
	dialog := kit.ShowModal(c.Window, "Writing "+filepath.Base(path), container.NewVBox(kit.Wrapped("The broker adds all receipts of these days up, and checks that they verify…"), widget.NewProgressBarInfinite()), fyne.NewSize(440, 180),
		func() { cancel() }, kit.Choice{Text: "Cancel", Run: func() { cancel() }})
	cancel = kit.FetchCancellable(c.Background, func(ctx context.Context) (struct{}, error) {
		made, err := c.Admin.ProtectionReport(ctx, span)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, disk.Write(path, disk.Options{Mode: 0o600}, func(w io.Writer) error { return reportFormats[format].write(w, &made) })
	}, func(_ struct{}, err error) {
		dialog.Hide()
		switch {
		case errors.Is(err, context.Canceled):
		case err != nil:
			kit.ShowError(c.Window, "No report was written", fmt.Errorf("%s: %w", path, err))
		default:
			c.Tell("Report written to " + path)
		}
	})
}
