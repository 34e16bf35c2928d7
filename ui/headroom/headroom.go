package headroom

import (
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// view says how much more encrypted traffic each component can carry, and what more traffic would take.
type view struct {
	*page.TableFrame[headroomRow]
	console      *page.Console
	details      *headroomDetails
	forecast     *forecastPanel
	empty        *kit.Placeholder
	calibrations calibrations
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c}
	p.empty = kit.NewPlaceholder(assets.Headroom, "No component yet", "Headroom is how much more encrypted traffic a machine can carry. Each component measures its processor when it has joined and carries nothing.",
		widget.NewButton("Go to the components", func() { c.Go("components", "") }))
	p.details = newHeadroomDetails(p.measure)
	p.forecast = newForecastPanel(c)
	legend := kit.NewLegend(kit.LegendItem{Color: kit.ColorLoadFill, Text: "carries now"}, kit.LegendItem{Color: kit.ColorSealedFill, Text: "can carry more"}, kit.LegendItem{Color: kit.ColorPlainFill, Text: "little more"})
	p.TableFrame = page.NewTableFrame(page.TableConfig[headroomRow]{
		Console: c, Name: "headroom", One: "component", Many: "components", ID: func(r *headroomRow) engine.ID { return r.id }, Columns: headroomColumns(),
		Rows: p.rows, Details: p.show, Sums: headroomSums, None: "Select one in the table to see its load, its past and what was measured of it.",
		Tools: []fyne.CanvasObject{legend}, Beside: p.forecast.content,
	})
	p.Table.OnActivated = func(r *headroomRow) { c.Go("components", string(r.id)) }
	p.Table.Menu = p.RowMenu(p.menu)
	p.calibrations.console = c
	p.calibrations.changed = p.ShowDetails
	return p
}

func (p *view) Name() string        { return "headroom" }
func (p *view) Title() string       { return "Headroom" }
func (p *view) Icon() fyne.Resource { return theme.NewThemedResource(assets.Headroom) }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.TableFrame.Content }

// Commands are what can be done with the selected component.
func (p *view) Commands() []page.Command {
	return []page.Command{
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.Table.Copy},
		{Title: "Forecast from here", Run: func() { p.forecast.from(p.chosen()) }},
		{Title: "Forecast to here", Run: func() { p.forecast.to(p.chosen()) }},
		{Title: "Measure again", Run: p.measure, Changes: true},
	}
}

// Open shows a component by its id.
func (p *view) Open(thing string) { p.Choose(engine.ID(thing)) }

// Leave keeps the state lean, for the forecast too.
func (p *view) Leave() {
	p.TableFrame.Leave()
	p.forecast.state = p.forecast.state.Lean()
}

// Update shows the newest state.
func (p *view) Update(state *model.State) {
	if !state.When.IsZero() {
		p.calibrations.update(state)
	}
	var empty *kit.Placeholder
	if !slices.ContainsFunc(state.Components, func(c engine.ComponentStatus) bool { return c.Revoked.IsZero() }) {
		empty = p.empty
	}
	if p.TableFrame.Update(state, empty) {
		p.forecast.update(state)
	}
}

// rows are the components that have all words of the filter.
func (p *view) rows(state *model.State, words grid.Words) ([]headroomRow, string) {
	carried := engine.CarriedBy(state.Sessions)
	rows := make([]headroomRow, 0, len(state.Components))
	all, known := 0, 0
	for i := range state.Components {
		c := &state.Components[i]
		if !c.Revoked.IsZero() {
			continue
		}
		all++
		if c.Headroom.Known() {
			known++
		}
		row := makeHeadroomRow(c, carried[c.ID], state.Low[c.ID])
		if words.In(strings.Join([]string{row.name, row.aes, row.headroom.Text, row.limit, row.costText}, "\x00")) {
			rows = append(rows, row)
		}
	}
	return rows, text.Shown(len(rows), all, "component", "components") + ", measured: " + strconv.Itoa(known)
}

// chosen is the component that is selected; nil where none is.
func (p *view) chosen() *engine.ComponentStatus {
	row := p.Chosen()
	if row == nil || p.State == nil {
		return nil
	}
	return model.ComponentIn(p.State, row.id)
}

// show shows a component's load, its past and what was measured of it.
func (p *view) show(row *headroomRow) fyne.CanvasObject {
	c := model.ComponentIn(p.State, row.id)
	if c == nil {
		return nil
	}
	p.details.update(p.State, c, p.calibrations.words(c))
	return p.details.content
}

// measure makes the selected component measure its processor.
func (p *view) measure() {
	if c := p.chosen(); c != nil && p.State.MayChange() {
		p.calibrations.order(c)
	}
}

func (p *view) menu(r *headroomRow) []*fyne.MenuItem {
	items := []*fyne.MenuItem{
		fyne.NewMenuItem("Forecast from here", func() { p.forecast.from(p.chosen()) }),
		fyne.NewMenuItem("Forecast to here", func() { p.forecast.to(p.chosen()) }),
		fyne.NewMenuItem("Show the component", func() { p.console.Go("components", string(r.id)) }),
	}
	if p.State.MayChange() {
		items = append(items, fyne.NewMenuItem("Measure again", p.measure))
	}
	return items
}
