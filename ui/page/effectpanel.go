package page

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// EffectPanel says what saving will change.
type EffectPanel struct {
	console *Console
	Content fyne.CanvasObject
	rows    *fyne.Container
	refused func(error) // gets the errors of previews; may be nil
	cancel  func()
	turn    int // of the newest question; an answer to an older one is dropped
}

// NewEffectPanel makes an empty panel. Refused gets the errors of previews; it may be nil.
func NewEffectPanel(c *Console, refused func(error)) *EffectPanel {
	p := &EffectPanel{console: c, rows: container.NewVBox(), refused: refused, cancel: func() {}}
	p.Content = kit.Border(kit.Section("What saving will change"), nil, nil, nil, container.NewVScroll(p.rows))
	return p
}

// Stop cancels the preview that is under way.
func (p *EffectPanel) Stop() {
	p.turn++
	p.cancel()
}

func (p *EffectPanel) show(parts ...fyne.CanvasObject) {
	p.rows.Objects = parts
	p.rows.Refresh()
	p.rows.Refresh() // wrapped text knows its height only at a width
}

// Wait shows a text until the next Ask, and cancels the preview that is under way.
func (p *EffectPanel) Wait(text string) {
	p.Stop()
	p.show(kit.Wrapped(text))
}

// Ask previews a change once typing has paused. A newer call cancels an older one.
func (p *EffectPanel) Ask(change engine.Change) {
	p.Stop()
	turn := p.turn
	p.cancel = kit.FetchCancellable(p.console.Background, func(ctx context.Context) (engine.Effect, error) {
		if err := engine.Pause(ctx, p.console.TypingPause); err != nil {
			return engine.Effect{}, err
		}
		return p.console.Admin.Preview(ctx, change)
	}, func(effect engine.Effect, err error) {
		switch {
		case turn != p.turn || errors.Is(err, context.Canceled):
		case errors.Is(err, engine.ErrOutdated):
			p.show(kit.Wrapped("First choose which version to keep: yours, or what somebody else saved meanwhile. Then this says what saving will change."))
			if p.refused != nil {
				p.refused(err)
			}
		case err != nil:
			p.show(kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "What saving would change is not known: "+err.Error()))
			if p.refused != nil {
				p.refused(err)
			}
		default:
			p.show(EffectParts(&effect)...)
		}
	})
}

// ShownLinks bounds the links that are drawn: a rule for any can change thousands.
const ShownLinks = 100

// EffectParts shows an effect pair by pair.
func EffectParts(effect *engine.Effect) []fyne.CanvasObject {
	parts := []fyne.CanvasObject{kit.Wrapped(fmt.Sprintf("The rule matches %d of %s.", effect.Matched, text.Count(effect.Pairs, "pair of components", "pairs of components")))}
	lost, gained := effect.LosesEncryption(), gainsEncryption(effect)
	if lost > 0 {
		parts = append(parts, kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, text.Count(lost, "link loses encryption", "links lose encryption")+"."))
	}
	if gained > 0 {
		parts = append(parts, kit.NewNotice(ModeIcon(engine.Sealed), ModeColor(engine.Sealed), text.Count(gained, "link gains encryption", "links gain encryption")+"."))
	}
	if len(effect.Links) == 0 && effect.OtherPairs == 0 {
		parts = append(parts, kit.Wrapped("No decision changes."))
	}
	for i, link := range losingFirst(effect.Links) {
		if i == ShownLinks {
			parts = append(parts, kit.Muted(text.Count(len(effect.Links)-i, "more link changes", "more links change")+"."))
			break
		}
		parts = append(parts, linkParts(link)...)
	}
	if effect.OtherPairs > 0 {
		parts = append(parts, kit.Wrapped(text.Count(effect.OtherPairs, "pair without a route changes", "pairs without a route change")+" too."))
	}
	if stale := len(effect.StaleSessions); stale > 0 {
		parts = append(parts, kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, text.Count(stale, "live session becomes", "live sessions become")+" stale. Before it is saved you are asked whether to cut or to let finish."))
	}
	parts = append(parts, nameParts(effect.Names)...)
	for _, warning := range effect.Warnings {
		parts = append(parts, kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, warning))
	}
	return parts
}

// shownNames bounds the names of a rule that are drawn.
const shownNames = 20

// nameParts say what the names in a rule stand for now.
func nameParts(names []engine.NameStatus) []fyne.CanvasObject {
	var parts []fyne.CanvasObject
	for i := range names {
		if i == 0 {
			parts = append(parts, kit.Separated(), kit.BoldLabel("What its names stand for now"))
		}
		if i == shownNames {
			return append(parts, kit.Muted(text.Count(len(names)-i, "more name", "more names")+"."))
		}
		parts = append(parts, kit.Wrapped(names[i].InWords(time.Now())))
	}
	return parts
}

// losingFirst puts the links that lose encryption first, so that the bound leaves out others.
func losingFirst(links []engine.LinkEffect) []*engine.LinkEffect {
	var losing, others []*engine.LinkEffect
	for i := range links {
		if link := &links[i]; link.LosesEncryption() {
			losing = append(losing, link)
		} else {
			others = append(others, link)
		}
	}
	return append(losing, others...)
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
		text := kit.Wrapped(when + " " + d.Mode.String() + ", " + d.BecauseInShort() + limitWords(d))
		sign := widget.NewIcon(theme.NewColoredResource(ModeIcon(d.Mode), ModeColor(d.Mode)))
		return kit.Border(nil, nil, container.NewVBox(container.NewPadded(sign)), nil, text)
	}
	return []fyne.CanvasObject{heading, line("now", &link.Before), line("then", &link.After)}
}

// limitWords writes the limits of a link. Backups and restores can have different ones.
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
