package components

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// revoke asks once for all that are selected, and says which live sessions end and which links lose encryption.
func (p *view) revoke() {
	components := p.changeable()
	if len(components) == 0 {
		return
	}
	what := namedOrCounted(components)
	if len(components) == 1 {
		what = "component " + what
	}
	change := engine.Change{}
	for _, c := range components {
		change.Revoke = append(change.Revoke, c.ID)
	}
	question, subject := "Revoke "+what+"?", text.Capital(what)
	failed := subject + " " + verb(components, "was", "were") + " not revoked"
	kit.Fetch(p.console.Background, func(ctx context.Context) (engine.Effect, error) { return p.console.Admin.Preview(ctx, change) }, func(effect engine.Effect, err error) {
		if err != nil {
			kit.ShowError(p.console.Window, failed, err)
			return
		}
		kit.Confirm(p.console.Window, question, revocationWords(components, &effect), "Revoke", func() {
			page.ApplyConfirmed(p.console, change, effect, question, failed, subject+" revoked")
		})
	})
}

func revocationWords(components []*engine.ComponentStatus, effect *engine.Effect) fyne.CanvasObject {
	rows := container.NewVBox()
	if len(components) > 1 {
		rows.Add(kit.Wrapped(namesOf(components) + "."))
	}
	one := func(one, many string) string { return verb(components, one, many) }
	rows.Add(kit.Wrapped(one("Its", "Their") + " access ends for good within 5 seconds. To bring " + one("the machine", "a machine") + " back, make a new token and have it join again. Routes that lead to " +
		one("it or start from it", "them or start from them") + " stop working."))
	if len(effect.EndingSessions) == 0 {
		rows.Add(kit.Wrapped(one("It has", "They have") + " no live session now."))
	}
	rows.Objects = append(rows.Objects, page.EndingSessions(effect.EndingSessions)...)
	if effect.LosesEncryption() > 0 {
		rows.Add(kit.Wrapped("A rule named " + one("it", "one of them") + ". These other components lose encryption:"))
	}
	rows.Objects = append(rows.Objects, page.LostLinks(effect)...)
	return container.New(minimumHeight(300), container.NewVScroll(rows))
}

// namesOf names the components, the first of many by name and the others by their number.
func namesOf(components []*engine.ComponentStatus) string {
	var names []string
	for _, c := range components[:min(len(components), mostListed)] {
		names = append(names, c.Name)
	}
	words := strings.Join(names, ", ")
	if more := len(components) - mostListed; more > 0 {
		words += " and " + text.Number(more) + " more"
	}
	return words
}

// minimumHeight gives a scroller a height at which some of its content is visible.
type minimumHeight float32

// Layout gives the object the whole size.
func (h minimumHeight) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Resize(size)
	}
}

// MinSize is the height.
func (h minimumHeight) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, float32(h)) }
