package ui

import (
	"context"
	"errors"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
)

// effectPanel says what saving will change.
type effectPanel struct {
	console *Console
	content fyne.CanvasObject
	rows    *fyne.Container
	refused func(error) // told what is wrong with the change itself; nil for nothing
	cancel  func()
	turn    int // of the newest question; an answer to an older one is dropped
}

func newEffectPanel(c *Console, refused func(error)) *effectPanel {
	p := &effectPanel{console: c, rows: container.NewVBox(), refused: refused, cancel: func() {}}
	p.content = border(section("What saving will change"), nil, nil, nil, container.NewVScroll(p.rows))
	return p
}

// stop gives up what is being asked.
func (p *effectPanel) stop() {
	p.turn++
	p.cancel()
}

func (p *effectPanel) show(parts ...fyne.CanvasObject) {
	p.rows.Objects = parts
	p.rows.Refresh()
	p.rows.Refresh() // wrapped words know how high they are once they know how wide they are
}

func (p *effectPanel) wait(text string) {
	p.stop()
	p.show(wrapped(text))
}

// ask asks what a change would do, once typing has paused. A question that is overtaken by the next one is cancelled, and the
// newest answer stands.
func (p *effectPanel) ask(change engine.Change) {
	p.stop()
	turn := p.turn
	p.cancel = fetchCancellable(p.console.Background, func(ctx context.Context) (engine.Effect, error) {
		if err := pause(ctx, p.console.TypingPause); err != nil {
			return engine.Effect{}, err
		}
		return p.console.Admin.Preview(ctx, change)
	}, func(effect engine.Effect, err error) {
		switch {
		case turn != p.turn || errors.Is(err, context.Canceled):
		case err != nil:
			p.show(newNotice(theme.ErrorIcon(), ColorRefused, "What saving would change is not known: "+err.Error()))
			if p.refused != nil {
				p.refused(err)
			}
		default:
			p.show(effectParts(&effect)...)
		}
	})
}

// shownLinks keeps the panel cheap: a rule for any can change thousands of links.
const shownLinks = 100

// effectParts shows an effect pair by pair.
func effectParts(effect *engine.Effect) []fyne.CanvasObject {
	parts := []fyne.CanvasObject{wrapped(fmt.Sprintf("The rule matches %d of %s.", effect.Matched, counted(effect.Pairs, "pair of components", "pairs of components")))}
	lost, gained := effect.LosesEncryption(), gainsEncryption(effect)
	if lost > 0 {
		parts = append(parts, newNotice(theme.WarningIcon(), ColorPlain, counted(lost, "link loses encryption", "links lose encryption")+"."))
	}
	if gained > 0 {
		parts = append(parts, newNotice(modeIconOf(engine.Sealed), modeColorOf(engine.Sealed), counted(gained, "link gains encryption", "links gain encryption")+"."))
	}
	if len(effect.Links) == 0 && effect.OtherPairs == 0 {
		parts = append(parts, wrapped("No decision changes."))
	}
	for i := range effect.Links {
		if i == shownLinks {
			parts = append(parts, muted(counted(len(effect.Links)-i, "more link changes", "more links change")+"."))
			break
		}
		parts = append(parts, linkParts(&effect.Links[i])...)
	}
	if effect.OtherPairs > 0 {
		parts = append(parts, wrapped(counted(effect.OtherPairs, "pair without a route changes", "pairs without a route change")+" too."))
	}
	if stale := len(effect.StaleSessions); stale > 0 {
		parts = append(parts, newNotice(theme.WarningIcon(), ColorPlain, counted(stale, "live session becomes", "live sessions become")+" stale; saving asks whether to cut or to let finish."))
	}
	for _, warning := range effect.Warnings {
		parts = append(parts, newNotice(theme.WarningIcon(), ColorPlain, warning))
	}
	return parts
}

// gainsEncryption counts the links that go from plain to sealed.
func gainsEncryption(effect *engine.Effect) int {
	count := 0
	for i := range effect.Links {
		if l := &effect.Links[i]; l.Before.Mode == engine.Plain && l.After.Mode == engine.Sealed {
			count++
		}
	}
	return count
}

// linkParts shows one link before and after.
func linkParts(link *engine.LinkEffect) []fyne.CanvasObject {
	heading := widget.NewLabelWithStyle(link.Source+" to "+link.Target, fyne.TextAlignLeading, fyne.TextStyle{Bold: true})
	heading.Truncation = fyne.TextTruncateEllipsis
	line := func(when string, d *engine.SessionDecision) fyne.CanvasObject {
		text := wrapped(when + " " + d.Mode.String() + ", " + d.Because() + limitWords(d))
		sign := widget.NewIcon(theme.NewColoredResource(modeIconOf(d.Mode), modeColorOf(d.Mode)))
		return border(nil, nil, container.NewVBox(container.NewPadded(sign)), nil, text)
	}
	return []fyne.CanvasObject{heading, line("now", &link.Before), line("then", &link.After)}
}

// limitWords says the limits of a link, where there are any. Backups and restores can have different ones.
func limitWords(d *engine.SessionDecision) string {
	words := func(t *engine.AppliedThrottle) string {
		if t == nil {
			return "none"
		}
		return t.Limit().String()
	}
	toTarget, toSource := words(d.ToTarget), words(d.ToSource)
	switch {
	case d.ToTarget == nil && d.ToSource == nil:
		return ""
	case toTarget == toSource:
		return ", limit " + toTarget
	}
	return ", limit to target " + toTarget + ", to source " + toSource
}
