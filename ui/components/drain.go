package components

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// mostListed is how many routes or sessions the question lists by name; it counts the others.
const mostListed = 12

// drainTimes are the times that running connections can be given; the first has no end.
var drainTimes = []struct {
	words  string
	within time.Duration
}{
	{"as long as they take", 0}, {"5 minutes", 5 * time.Minute}, {"15 minutes", 15 * time.Minute}, {"30 minutes", 30 * time.Minute},
	{"1 hour", time.Hour}, {"2 hours", 2 * time.Hour}, {"4 hours", 4 * time.Hour}, {"8 hours", 8 * time.Hour}, {"24 hours", 24 * time.Hour},
}

// drainButtons have components take no new connection, or take them again.
type drainButtons struct {
	drain, undo *widget.Button
	row         *fyne.Container // in which they stand
}

func (p *view) newDrainButtons() *drainButtons {
	b := &drainButtons{
		drain: widget.NewButtonWithIcon("Drain…", theme.MediaPauseIcon(), p.drain),
		undo:  widget.NewButtonWithIcon("Take sessions again", theme.MediaPlayIcon(), p.undrain),
	}
	b.undo.Hide()
	b.row = container.NewHBox(b.drain, b.undo)
	return b
}

// update shows those that the components have a use for.
func (b *drainButtons) update(components []*engine.ComponentStatus) {
	if wanted := slices.ContainsFunc(components, drainedByOrder); wanted != b.undo.Visible() {
		kit.Present(b.undo, wanted)
		b.row.Refresh()
	}
}

func drainedByOrder(c *engine.ComponentStatus) bool { return c.Drain != nil }

// changeable are the selected components where they can be changed.
func (p *view) changeable() []*engine.ComponentStatus {
	var all []*engine.ComponentStatus
	if p.State == nil || !p.State.MayChange() {
		return nil
	}
	for _, row := range p.Table.Selection() {
		if c := model.ComponentIn(p.State, row.id); c != nil && c.Revoked.IsZero() {
			all = append(all, c)
		}
	}
	return all
}

// drain asks, and says what happens and what is carried now.
func (p *view) drain() {
	components := p.changeable()
	if len(components) == 0 {
		return
	}
	what := namedOrCounted(components)
	d := kit.ShowForm(p.console.Window, "Drain "+what+"?", fyne.NewSize(560, 420), nil)
	var times []string
	for _, t := range drainTimes {
		times = append(times, t.words)
	}
	within := widget.NewSelect(times, nil)
	within.Selected = times[0]
	cut := kit.NewNotice(theme.WarningIcon(), kit.ColorRefused, "What still runs then is cut, in the middle of a backup.")
	cut.Hide()
	drain := widget.NewButton("Drain", func() {
		order := engine.DrainOrder{WithinSeconds: int64(drainTimes[within.SelectedIndex()].within / time.Second)}
		d.Close()
		p.order(order, components, what+" "+verb(components, "does", "do")+" not drain", what+" "+verb(components, "takes", "take")+" no new session")
	})
	drain.Importance = widget.HighImportance
	rows := container.NewVBox(
		kit.Wrapped(fmt.Sprintf("No new connection is taken there until you press Take sessions again, even after a restart. A backup tool that connects is refused, and the receipt says why. Running connections go on. %s", routesWords(p.State, components))),
		carriedWords(p.State, components),
		d.Rows(kit.NewFormField("Running connections have", within, "")), cut,
	)
	within.OnChanged = func(chosen string) {
		kit.Present(cut, chosen != times[0])
		rows.Refresh()
	}
	d.Set(rows, widget.NewButton("Cancel", d.Close), drain)
}

// undrain has those of the selected components take connections again that an administrator drained.
func (p *view) undrain() {
	if components := slices.DeleteFunc(p.changeable(), func(c *engine.ComponentStatus) bool { return !drainedByOrder(c) }); len(components) > 0 {
		p.order(engine.DrainOrder{Undo: true}, components, namedOrCounted(components)+" still "+verb(components, "drains", "drain"), namedOrCounted(components)+" "+verb(components, "takes", "take")+" sessions again")
	}
}

// order has the broker carry an order out, and tells so; failed is what is so where it cannot.
func (p *view) order(order engine.DrainOrder, components []*engine.ComponentStatus, failed, told string) {
	for _, c := range components {
		order.Components = append(order.Components, c.ID)
	}
	c := p.console
	c.Background(func(ctx context.Context) error { return c.Admin.Drain(ctx, order) }, func(err error) {
		switch {
		case err != nil:
			kit.ShowError(c.Window, failed, err)
		case order.Undo || slices.ContainsFunc(components, drainedByOrder): // what some did before is not known any more
			c.Tell(told)
		default:
			c.TellUndo(told, func() {
				p.order(engine.DrainOrder{Undo: true}, components, namedOrCounted(components)+" still "+verb(components, "drains", "drain"), "Undone: "+told)
			})
		}
		c.Refresh()
	})
}

func namedOrCounted(components []*engine.ComponentStatus) string {
	if len(components) == 1 {
		return components[0].Name
	}
	return text.Count(len(components), "component", "components")
}

func verb(components []*engine.ComponentStatus, one, many string) string {
	if len(components) == 1 {
		return one
	}
	return many
}

// routesWords names the routes that cannot be used while the components drain.
func routesWords(state *model.State, components []*engine.ComponentStatus) string {
	var names []string
	for i := range state.Routes {
		r := &state.Routes[i]
		isEnd := slices.ContainsFunc(components, func(c *engine.ComponentStatus) bool {
			return r.Target == c.ID || slices.ContainsFunc(r.Listeners, func(l engine.Listener) bool { return l.Component == c.ID })
		})
		if r.Enabled && isEnd {
			names = append(names, r.Name)
		}
	}
	switch {
	case len(names) == 0:
		return "No route uses it now."
	case len(names) > mostListed:
		return fmt.Sprintf("Meanwhile %d routes take nothing new there.", len(names))
	}
	return "Meanwhile these routes take nothing new there: " + strings.Join(names, ", ") + "."
}

// carriedWords lists what the components carry now.
func carriedWords(state *model.State, components []*engine.ComponentStatus) fyne.CanvasObject {
	var carries engine.Carries
	var lines []fyne.CanvasObject
	for i := range state.Sessions {
		s := &state.Sessions[i]
		if !slices.ContainsFunc(components, func(c *engine.ComponentStatus) bool { return c.ID == s.Source || c.ID == s.Target }) {
			continue
		}
		carries.Flows += s.Flows
		if carries.Sessions++; carries.Sessions <= mostListed {
			lines = append(lines, kit.Muted(sessionWords(s)))
		}
	}
	if carries.Sessions == 0 {
		return kit.Wrapped("Nothing is carried there now.")
	}
	if more := carries.Sessions - mostListed; more > 0 {
		lines = append(lines, kit.Muted(fmt.Sprintf("and %s more", text.Number(more))))
	}
	return container.NewVBox(kit.Wrapped("Carried now: "+carries.Words()+"."), kit.Dense(lines))
}

// sessionWords says which session is meant, and how far it is.
func sessionWords(s *engine.Session) string {
	return s.RouteName + ": " + s.SourceName + " to " + s.TargetName + ", " + text.Size(s.Traffic.ToTarget+s.Traffic.ToSource) + " so far"
}

// drainNotice says that a component drains and what else is wrong with it; empty where it takes connections and nothing is wrong.
func drainNotice(c *engine.ComponentStatus, now time.Time, carries engine.Carries) string {
	var words []string
	if drain := c.DrainWords(now, carries); drain != "" {
		words = append(words, "Drains: "+drain+".")
		if c.Drain == nil {
			words = append(words, "It takes them again after lockwire-agent drain --undo on that machine, or when its agent is started again.")
		}
	}
	if c.Problem != "" {
		words = append(words, c.Problem)
	}
	return strings.Join(words, " ")
}
