package headroom

import (
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
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
	console  *page.Console
	state    *model.State
	stage    *kit.PageStage
	table    *kit.PageTable[headroomRow]
	rows     []headroomRow
	filter   *widget.Entry
	count    *widget.Label
	details  *headroomDetails
	side     *kit.PageStage
	several  *kit.SeveralDetails
	forecast *forecastPanel

	full, none   fyne.CanvasObject
	busy, failed *kit.Placeholder
	empty        *kit.Placeholder
	calibrations calibrations
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c, count: kit.TableCaption()}
	p.busy = kit.NewBusy("Reading the components…")
	p.failed = kit.NewPlaceholder(theme.ErrorIcon(), "No headroom", "", nil)
	p.empty = kit.NewPlaceholder(assets.Headroom, "No component yet", "Headroom is how much more encrypted traffic a machine can carry. Each component measures its processor when it has joined and carries nothing.",
		widget.NewButton("Go to the components", func() { c.Go("components", "") }))
	p.none = kit.NewPlaceholder(nil, "No component chosen", "Choose one in the table to see its load, its past and what was measured of it.", nil).Content
	p.table = kit.NewPageTable(headroomColumns(), func(r *headroomRow) string { return string(r.id) })
	p.table.Content.Remember(c.Preferences, "headroom")
	p.table.Content.SetEmpty(kit.NonePasses("component"))
	p.table.OnSelected = func(*headroomRow) { p.showDetails() }
	p.table.OnOpen = func(r *headroomRow) { c.Go("components", string(r.id)) }
	p.table.Menu = p.menu
	p.filter = kit.NewFilter(func(string) { p.showRows() })
	p.calibrations.console = c
	p.calibrations.changed = p.showDetails
	p.details = newHeadroomDetails(p.measure)
	p.several = kit.NewSeveralDetails()
	p.side = kit.NewPageStage(p.none)
	p.forecast = newForecastPanel(c)
	below := container.NewHSplit(container.NewPadded(p.side.Content), container.NewPadded(p.forecast.content))
	below.Offset = 0.54
	split := container.NewVSplit(kit.Border(kit.NewToolbar(p.filter, kit.NewLegend(kit.LegendItem{Color: kit.ColorLoadFill, Text: "carries now"}, kit.LegendItem{Color: kit.ColorSealedFill, Text: "can carry more"}, kit.LegendItem{Color: kit.ColorPlainFill, Text: "little more"})), nil, nil, nil,
		kit.UnderTable(p.table.Content, p.count)), below)
	split.Offset = 0.36
	p.full = split
	p.stage = kit.NewPageStage(p.busy.Content)
	return p
}

func (p *view) Name() string        { return "headroom" }
func (p *view) Title() string       { return "Headroom" }
func (p *view) Icon() fyne.Resource { return theme.NewThemedResource(assets.Headroom) }

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.stage.Content }

// Commands are what can be done with the selected component.
func (p *view) Commands() []page.Command {
	return []page.Command{
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.table.Content.Copy},
		{Title: "Forecast from here", Run: func() { p.forecast.from(p.chosen()) }},
		{Title: "Forecast to here", Run: func() { p.forecast.to(p.chosen()) }},
		{Title: "Measure again", Run: p.measure, Changes: true},
	}
}

// Open shows a component by its id.
func (p *view) Open(thing string) {
	p.filter.SetText("")
	p.table.Choose(thing)
}

// Update shows the newest state.
func (p *view) Update(state *model.State) {
	p.state = state
	switch {
	case state.When.IsZero() && state.Problem != "":
		p.failed.Text.SetText("The broker could not be asked: " + state.Problem + ". It is tried again.")
		p.stage.Show(p.failed.Content)
	case state.When.IsZero():
		p.stage.Show(p.busy.Content)
	case !slices.ContainsFunc(state.Components, func(c engine.ComponentStatus) bool { return c.Revoked.IsZero() }):
		p.stage.Show(p.empty.Content)
	default:
		p.calibrations.update(state)
		p.showRows()
		p.showDetails()
		p.stage.Show(p.full)
		p.forecast.update(state)
	}
}

// showRows puts what the filter lets through into the table.
func (p *view) showRows() {
	if p.state == nil {
		return
	}
	words := grid.ParseWords(p.filter.Text)
	carried := engine.CarriedBy(p.state.Sessions)
	rows := make([]headroomRow, 0, len(p.state.Components))
	all, known := 0, 0
	for i := range p.state.Components {
		c := &p.state.Components[i]
		if !c.Revoked.IsZero() {
			continue
		}
		all++
		if c.Headroom.Known() {
			known++
		}
		row := makeHeadroomRow(c, carried[c.ID], p.state.Low[c.ID])
		if words.In(strings.Join([]string{row.name, row.aes, row.headroom.Text, row.limit, row.costText}, "\x00")) {
			rows = append(rows, row)
		}
	}
	if p.rows == nil || !slices.Equal(rows, p.rows) {
		p.rows = rows
		p.table.SetRows(rows)
	}
	kit.SetLabel(p.count, text.Shown(len(rows), all, "component", "components")+", measured: "+strconv.Itoa(known))
}

// chosen is the component that is selected; nil where none is.
func (p *view) chosen() *engine.ComponentStatus {
	row := p.table.Chosen()
	if row == nil || p.state == nil {
		return nil
	}
	return model.ComponentIn(p.state, row.id)
}

func (p *view) showDetails() {
	if selected := p.table.Content.Selection(); len(selected) > 1 {
		p.several.Set(text.Count(len(selected), "component", "components"), headroomSums(selected))
		p.side.Show(p.several.Content)
		return
	}
	c := p.chosen()
	if c == nil {
		p.side.Show(p.none)
		return
	}
	p.details.update(p.state, c, p.calibrations.words(c))
	p.side.Show(p.details.content)
}

// measure has the selected component measure its processor anew.
func (p *view) measure() {
	if c := p.chosen(); c != nil && p.state.MayChange() {
		p.calibrations.order(c)
	}
}

func (p *view) menu(r *headroomRow) []*fyne.MenuItem {
	if p.table.Content.SelectionSize() > 1 {
		return nil
	}
	items := []*fyne.MenuItem{
		fyne.NewMenuItem("Forecast from here", func() { p.forecast.from(p.chosen()) }),
		fyne.NewMenuItem("Forecast to here", func() { p.forecast.to(p.chosen()) }),
		fyne.NewMenuItem("Show the component", func() { p.console.Go("components", string(r.id)) }),
	}
	if p.state.MayChange() {
		items = append(items, fyne.NewMenuItem("Measure again", p.measure))
	}
	return items
}
