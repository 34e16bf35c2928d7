package sessions

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

const (
	// namedCuts is the number of sessions that a question lists by name.
	namedCuts = 8
	// longCut is the number of sessions from which a cut shows its progress.
	longCut = 20
	// shownFailures bounds the failures that are listed.
	shownFailures = 50
)

// sessionCut is the cutting of several sessions.
type sessionCut struct {
	sessions []*engine.Session
	tried    atomic.Int64
	ended    int // sessions that had ended before their cut
	failed   []string
	bar      *widget.ProgressBar
	label    *widget.Label
}

// askCut asks once before the selected sessions are cut, and says what ends.
func (p *view) askCut() {
	rows := p.live.Selection()
	if len(rows) == 0 || p.tabs.SelectedIndex() == historyTab || p.cutting != nil || !p.console.MayChange() {
		return
	}
	if len(rows) == 1 {
		text := fmt.Sprintf("%s. %s: the backup tool sees an error. The next connection begins a new session, as the rules are then.", cutName(rows[0]), resetWords(rows[0].Flows))
		kit.Confirm(p.console.Window, "Cut this session?", kit.Wrapped(text), "Cut session", func() { p.cutAll(rows) })
		return
	}
	flows := 0
	var lines []fyne.CanvasObject
	for i, row := range rows {
		flows += row.Flows
		if i < namedCuts {
			lines = append(lines, kit.Muted(cutName(row)))
		}
	}
	if more := len(rows) - namedCuts; more > 0 {
		lines = append(lines, kit.Muted(fmt.Sprintf("and %s more", text.Number(more))))
	}
	what := text.Count(len(rows), "session", "sessions")
	text := kit.Wrapped(resetWords(flows) + ": the backup tools see an error. Their next connections begin new sessions, as the rules are then.")
	kit.Confirm(p.console.Window, "Cut "+what+"?", container.NewVBox(text, kit.Dense(lines)), "Cut "+what, func() { p.cutAll(rows) })
}

// cutName names a session in a question.
func cutName(s *engine.Session) string {
	return fmt.Sprintf("%s to %s over %s", s.SourceName, s.TargetName, s.RouteName)
}

// resetWords says how many connections are reset.
func resetWords(flows int) string {
	if flows == 0 {
		return "No connection is open"
	}
	return text.Count(flows, "connection is reset", "connections are reset")
}

// cutAll cuts sessions one after the other, shows progress for many, and reports those that were not cut.
func (p *view) cutAll(sessions []*engine.Session) {
	run := &sessionCut{sessions: sessions, bar: widget.NewProgressBar(), label: widget.NewLabel("")}
	run.showProgress()
	p.cutting = run
	cancel, hide := func() {}, func() {}
	if len(sessions) >= longCut {
		hide = kit.ShowModal(p.console.Window, "Cutting sessions", container.NewVBox(run.label, run.bar), fyne.NewSize(440, 160), func() { cancel() },
			kit.Choice{Text: "Stop", Run: func() { cancel() }}).Hide
	}
	cancel = kit.FetchCancellable(p.console.Background, func(ctx context.Context) (struct{}, error) { return struct{}{}, run.run(ctx, p.console.Admin) }, func(_ struct{}, err error) {
		p.cutting = nil
		hide()
		p.console.Refresh()
		run.report(p.console, err)
	})
}

// run cuts until all are tried or ctx is done.
func (r *sessionCut) run(ctx context.Context, admin engine.Administration) error {
	for _, s := range r.sessions {
		err := admin.Cut(ctx, s.ID)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, engine.ErrNotFound): // it has ended meanwhile
			r.ended++
		case err != nil:
			r.failed = append(r.failed, cutName(s)+": "+err.Error())
		}
		r.tried.Add(1)
	}
	return nil
}

// cutWords says how many sessions were cut, and how many had ended before.
func (r *sessionCut) cutWords() string {
	cut := len(r.sessions) - r.ended
	switch {
	case cut == 0 && r.ended == 1:
		return "The session had ended already: see the history"
	case cut == 0:
		return "The sessions had ended already: see the history"
	case r.ended > 0:
		return fmt.Sprintf("%s cut; %s had ended before", text.Count(cut, "session", "sessions"), text.Number(r.ended))
	}
	return text.Count(cut, "session", "sessions") + " cut"
}

// showProgress shows how far the cut has come.
func (r *sessionCut) showProgress() {
	tried := int(r.tried.Load())
	r.bar.SetValue(float64(tried) / float64(len(r.sessions)))
	r.label.SetText(fmt.Sprintf("%s of %s", text.Number(tried), text.Count(len(r.sessions), "session", "sessions")))
}

// report tells how many sessions were cut, and names those that were not.
func (r *sessionCut) report(c *page.Console, err error) {
	all, tried := len(r.sessions), int(r.tried.Load())
	if err == nil && len(r.failed) == 0 {
		c.Tell(r.cutWords())
		return
	}
	title := fmt.Sprintf("%s of %s not cut", text.Number(all-tried+len(r.failed)), text.Count(all, "session was", "sessions were"))
	lines := container.NewVBox()
	if r.ended > 0 {
		lines.Add(kit.Wrapped(text.Count(r.ended, "session had ended", "sessions had ended") + " before it could be cut: see the history."))
	}
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		lines.Add(kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "It ended early: "+err.Error()+"."))
	case err != nil:
		lines.Add(kit.Wrapped(fmt.Sprintf("Stopped after %s.", text.Count(tried-r.ended-len(r.failed), "session was cut", "sessions were cut"))))
	case all == 1:
		title = "The session was not cut"
	}
	for i, line := range r.failed {
		if i == shownFailures {
			lines.Add(kit.Muted(fmt.Sprintf("and %s more", text.Number(len(r.failed)-i))))
			break
		}
		lines.Add(kit.Wrapped(line))
	}
	kit.ShowModal(c.Window, title, container.NewVScroll(lines), fyne.NewSize(560, 260), nil, kit.Choice{Text: "Close", Importance: widget.HighImportance, Enter: true})
}
