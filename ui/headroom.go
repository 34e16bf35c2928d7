package ui

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
)

// headroomPage says how much more encrypted traffic each component can carry, and what more traffic would take.
type headroomPage struct {
	console  *Console
	state    *State
	stage    *pageStage
	table    *pageTable[headroomRow]
	rows     []headroomRow
	filter   *widget.Entry
	count    *widget.Label
	details  *headroomDetails
	side     *pageStage
	several  *severalDetails
	forecast *forecastPanel

	full, none   fyne.CanvasObject
	busy, failed *placeholder
	empty        *placeholder
	calibrations calibrations
}

// NewHeadroomPage makes the page.
func NewHeadroomPage(c *Console) Page {
	p := &headroomPage{console: c, count: tableCaption()}
	p.busy = busyText("Reading the components…")
	p.failed = newPlaceholder(theme.ErrorIcon(), "No headroom", "", nil)
	p.empty = newPlaceholder(assets.Headroom, "No component yet", "Headroom is how much more encrypted traffic a machine can carry. Each component measures its processor when it has joined and carries nothing.",
		widget.NewButton("Go to the components", func() { c.Go("components", "") }))
	p.none = newPlaceholder(nil, "No component chosen", "Choose one in the table to see its load, its past and what was measured of it.", nil).content
	p.table = newPageTable(headroomColumns(), func(r *headroomRow) string { return string(r.id) })
	p.table.content.Remember(c.Preferences, "headroom")
	p.table.content.SetEmpty(nonePasses("component"))
	p.table.onSelected = func(*headroomRow) { p.showDetails() }
	p.table.onOpen = func(r *headroomRow) { c.Go("components", string(r.id)) }
	p.table.menu = p.menu
	p.filter = newFilter(func(string) { p.showRows() })
	p.calibrations.console = c
	p.calibrations.changed = p.showDetails
	p.details = newHeadroomDetails(p.measure)
	p.several = newSeveralDetails()
	p.side = newPageStage(p.none)
	p.forecast = newForecastPanel(c)
	below := container.NewHSplit(container.NewPadded(p.side.content), container.NewPadded(p.forecast.content))
	below.Offset = 0.54
	split := container.NewVSplit(border(toolbar(p.filter, newLegend(legendItem{ColorLoadFill, "carries now"}, legendItem{ColorSealedFill, "can carry more"}, legendItem{ColorPlainFill, "little more"})), nil, nil, nil,
		underTable(p.table.content, p.count)), below)
	split.Offset = 0.36
	p.full = split
	p.stage = newPageStage(p.busy.content)
	return p
}

func (p *headroomPage) Name() string        { return "headroom" }
func (p *headroomPage) Title() string       { return "Headroom" }
func (p *headroomPage) Icon() fyne.Resource { return theme.NewThemedResource(assets.Headroom) }

// Content is the page.
func (p *headroomPage) Content() fyne.CanvasObject { return p.stage.content }

// Commands are what can be done with the selected component.
func (p *headroomPage) Commands() []Command {
	return []Command{
		{Title: "Copy rows", Shortcut: &fyne.ShortcutCopy{}, Run: p.table.content.Copy},
		{Title: "Forecast from here", Run: func() { p.forecast.from(p.chosen()) }},
		{Title: "Forecast to here", Run: func() { p.forecast.to(p.chosen()) }},
		{Title: "Measure again", Run: p.measure, Changes: true},
	}
}

// Open shows a component by its id.
func (p *headroomPage) Open(thing string) {
	p.filter.SetText("")
	p.table.choose(thing)
}

// Update shows the newest state.
func (p *headroomPage) Update(state *State) {
	p.state = state
	switch {
	case state.When.IsZero() && state.Problem != "":
		p.failed.text.SetText("The broker could not be asked: " + state.Problem + ". It is tried again.")
		p.stage.show(p.failed.content)
	case state.When.IsZero():
		p.stage.show(p.busy.content)
	case !slices.ContainsFunc(state.Components, func(c engine.ComponentStatus) bool { return c.Revoked.IsZero() }):
		p.stage.show(p.empty.content)
	default:
		p.calibrations.update(state)
		p.showRows()
		p.showDetails()
		p.stage.show(p.full)
		p.forecast.update(state)
	}
}

// showRows puts what the filter lets through into the table.
func (p *headroomPage) showRows() {
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
		row := makeHeadroomRow(c, carried[c.ID])
		if words.In(strings.Join([]string{row.name, row.aes, row.headroom.text, row.limit, row.costText}, "\x00")) {
			rows = append(rows, row)
		}
	}
	if p.rows == nil || !slices.Equal(rows, p.rows) {
		p.rows = rows
		p.table.setRows(rows)
	}
	setLabel(p.count, shownWords(len(rows), all, "component", "components")+", measured: "+strconv.Itoa(known))
}

// chosen is the component that is selected; nil where none is.
func (p *headroomPage) chosen() *engine.ComponentStatus {
	row := p.table.chosen()
	if row == nil || p.state == nil {
		return nil
	}
	return componentIn(p.state, row.id)
}

func (p *headroomPage) showDetails() {
	if selected := p.table.content.Selection(); len(selected) > 1 {
		p.several.set(counted(len(selected), "component", "components"), headroomSums(selected))
		p.side.show(p.several.content)
		return
	}
	c := p.chosen()
	if c == nil {
		p.side.show(p.none)
		return
	}
	p.details.update(p.state, c, p.calibrations.words(c))
	p.side.show(p.details.content)
}

// measure has the selected component measure its processor anew.
func (p *headroomPage) measure() {
	if c := p.chosen(); c != nil && p.state.MayChange() {
		p.calibrations.order(c)
	}
}

func (p *headroomPage) menu(r *headroomRow) []*fyne.MenuItem {
	if p.table.content.SelectionSize() > 1 {
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
