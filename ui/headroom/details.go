package headroom

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/chart"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// headroomDetails is the pane that shows where a component's headroom comes from: its load, its past, and what it measured of
// itself.
type headroomDetails struct {
	content   fyne.CanvasObject
	heading   *kit.DetailHeading
	headroom  *page.HeadroomLine
	cores     *chart.Cores
	past      *chart.Area
	noLoad    fyne.CanvasObject // in place of cores and past where there is none
	noPast    fyne.CanvasObject
	ages      page.PastAges // of the chart's moments
	facts     *kit.DetailList
	speeds    *kit.FigureTable
	costs     *kit.FigureTable
	costTitle fyne.CanvasObject
	measured  *widget.Label
	again     *widget.Button
	said      *fyne.Container
	saying    calibrationWords
	scroll    *container.Scroll
	shown     engine.ID
}

// chartHeight is that of the small charts of a pane.
const chartHeight = 96

func newHeadroomDetails(measure func()) *headroomDetails {
	d := &headroomDetails{heading: kit.NewDetailHeading(), headroom: page.NewHeadroomLine(), facts: kit.NewDetailList(), speeds: kit.NewFigureTable(), costs: kit.NewFigureTable(), said: container.NewStack()}
	d.cores = chart.NewCores(kit.ColorLoadFill)
	d.past = chart.NewArea(text.Cores, d.ages.Moment, chart.Series{Name: "agent", Color: kit.ColorSealedFill}, chart.Series{Name: "others", Color: kit.ColorLoadFill})
	d.noPast = container.NewCenter(kit.Caption("Nothing kept yet"))
	d.noLoad = container.NewCenter(kit.Caption("Not known"))
	d.measured = kit.Muted("")
	d.again = widget.NewButtonWithIcon("Measure again", theme.ViewRefreshIcon(), measure)
	high := func(o ...fyne.CanvasObject) fyne.CanvasObject {
		least := canvas.NewRectangle(color.Transparent)
		least.SetMinSize(fyne.NewSize(1, chartHeight))
		return container.New(layout.NewCustomPaddedLayout(0, 0, 7, 0), container.NewStack(append(o, least)...))
	}
	load := container.NewVBox(kit.Caption("Load of each core"), high(d.cores, d.noLoad))
	past := container.NewVBox(kit.Caption("Cores in use, the last 15 minutes"), high(d.past, d.noPast), kit.NewLegend(kit.LegendItem{Color: kit.ColorSealedFill, Text: "agent"}, kit.LegendItem{Color: kit.ColorLoadFill, Text: "other programs"}))
	d.costTitle = kit.Section("CPU seconds for each GB")
	body := container.NewVBox(
		d.headroom.Content,
		container.New(narrowAndWide{}, load, past),
		d.said,
		container.NewHBox(kit.Section("What it measured of itself"), layout.NewSpacer(), container.NewCenter(d.again)),
		d.measured, d.speeds.Content,
		d.costTitle, d.costs.Content,
		kit.Section("The machine"), d.facts.Content)
	d.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 8, 0, 14), body))
	d.content = kit.Border(d.heading.Content, nil, nil, nil, d.scroll)
	return d
}

// narrowAndWide lays two objects out side by side, the second twice as wide.
type narrowAndWide struct{}

// MinSize is that of the two.
func (narrowAndWide) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(o[0].MinSize().Width+o[1].MinSize().Width, max(o[0].MinSize().Height, o[1].MinSize().Height))
}

// Layout gives each its part.
func (narrowAndWide) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const gap = 12
	left := max((size.Width-gap)/3, o[0].MinSize().Width)
	o[0].Resize(fyne.NewSize(left, size.Height))
	o[1].Move(fyne.NewPos(left+gap, 0))
	o[1].Resize(fyne.NewSize(size.Width-left-gap, size.Height))
}

func (d *headroomDetails) update(state *model.State, c *engine.ComponentStatus, order calibrationWords) {
	if d.shown != c.ID {
		d.shown = c.ID
		d.ages = page.PastAges{}
		d.scroll.ScrollToTop()
	}
	words, color := page.ComponentState(c)
	d.heading.Set(c.Name, words, color)
	carried := engine.CarriedBy(state.Sessions)[c.ID]
	d.headroom.Set(c, carried, state.Low[c.ID])
	kit.Present(d.cores, len(c.Load.Cores) > 0)
	kit.Present(d.noLoad, len(c.Load.Cores) == 0)
	d.cores.SetShares(c.Load.Cores)
	d.showPast(state, c)
	d.showMeasured(c)
	costs := costRows(c)
	kit.Present(d.costTitle, len(costs) > 1)
	kit.Present(d.costs.Content, len(costs) > 1)
	d.costs.Set(costs...)
	d.facts.Set(headroomFacts(c, carried))
	kit.Present(d.again, state.MayChange())
	if d.again.Disabled() != (order.waits || !c.Online) {
		if d.again.Disabled() {
			d.again.Enable()
		} else {
			d.again.Disable()
		}
	}
	d.say(order)
}

func (d *headroomDetails) showPast(state *model.State, c *engine.ComponentStatus) {
	samples := state.Loads[c.ID]
	kit.Present(d.past, len(samples) > 1)
	kit.Present(d.noPast, len(samples) <= 1)
	if len(samples) < 2 || !d.ages.Set(d.past, state, samples[len(samples)-1].When) {
		return
	}
	values := model.LoadValues(samples)
	d.ages.Count = len(values)
	d.past.SetWhole(float64(max(len(c.Load.Cores), c.Report.Processor.Cores)))
	d.past.SetValues(values)
}

// say shows the progress of a measurement.
func (d *headroomDetails) say(order calibrationWords) {
	if order == d.saying {
		return
	}
	d.saying = order
	d.said.Objects = nil
	if order.text != "" {
		icon, color := theme.InfoIcon(), theme.ColorNamePrimary
		switch {
		case order.bad:
			icon, color = theme.WarningIcon(), kit.ColorPlain
		case !order.waits:
			icon, color = theme.ConfirmIcon(), kit.ColorSealed
		}
		d.said.Objects = []fyne.CanvasObject{kit.NewNotice(icon, color, order.text)}
	}
	d.said.Refresh()
}

func (d *headroomDetails) showMeasured(c *engine.ComponentStatus) {
	k := c.Report.Calibration
	kit.Present(d.speeds.Content, k != nil)
	if k == nil {
		kit.SetLabel(d.measured, "Nothing yet. It measures its processor by itself when it has carried nothing for half a minute.")
		return
	}
	kit.SetLabel(d.measured, calibratedWords(k))
	d.speeds.Set(speedRows(k)...)
}

// calibratedWords says when, with which cipher and on which processor a calibration was made.
func calibratedWords(k *engine.Calibration) string {
	text := fmt.Sprintf("Measured %s with %s, by version %s", text.Time(k.When), k.Cipher, k.Build)
	if k.Processor != "" {
		text += ", on " + k.Processor
	}
	return text + "."
}

// speedRows are the speeds of a calibration.
func speedRows(k *engine.Calibration) [][]string {
	threads := func(s engine.Speeds) string { return text.Count(s.Threads, "thread", "threads") }
	return [][]string{
		{"", threads(k.One), threads(k.All)},
		{"Seal, in memory", text.Rate(k.One.Seal), text.Rate(k.All.Seal)},
		{"Open, in memory", text.Rate(k.One.Open), text.Rate(k.All.Open)},
		{"Relay: a sealed channel, both ends", text.Rate(k.One.Relay), text.Rate(k.All.Relay)},
	}
}

const unknownCost = "–"

// costRows are the known costs of sessions at each end, live and calibrated.
func costRows(c *engine.ComponentStatus) [][]string {
	find := func(costs []engine.EndCost, side engine.SideOfSession, mode engine.Mode) string {
		for _, cost := range costs {
			if cost.Side == side && cost.Mode == mode && cost.Known() {
				return text.Cost(cost.Cost)
			}
		}
		return unknownCost
	}
	var calibrated []engine.EndCost
	if c.Report.Calibration != nil {
		calibrated = c.Report.Calibration.Costs
	}
	rows := [][]string{{"", "live sessions", "calibrated"}}
	for _, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		for _, side := range []engine.SideOfSession{engine.SourceEnd, engine.TargetEnd} {
			live, measured := find(c.Load.Costs, side, mode), find(calibrated, side, mode)
			if live != unknownCost || measured != unknownCost {
				rows = append(rows, []string{fmt.Sprintf("%s, as the %s", mode, side), live, measured})
			}
		}
	}
	return rows
}

// headroomFacts are the facts on which a machine's headroom depends.
func headroomFacts(c *engine.ComponentStatus, carried uint64) []kit.Detail {
	now := ""
	if c.Online {
		now = text.Rate(carried) + " in all its sessions, both ways"
	}
	return []kit.Detail{
		{Name: "Processor", Value: text.Processor(c.Report.Processor)},
		{Name: "AES instructions", Value: text.AES(c)},
		{Name: "Load", Value: text.Load(c)},
		{Name: "Network", Value: linkWords(c)},
		{Name: "Carries now", Value: now},
	}
}

// linkWords writes the speed of a component's network.
func linkWords(c *engine.ComponentStatus) string {
	switch {
	case c.Report.LinkSpeed > 0:
		return text.Rate(c.Report.LinkSpeed) + ", the fastest interface that is up"
	case c.Report.Version == "":
		return ""
	}
	return "not known: its system does not say"
}
