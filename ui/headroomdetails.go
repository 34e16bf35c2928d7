package ui

import (
	"fmt"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/chart"
)

// headroomDetails is the pane that shows where a component's headroom comes from: its load, its past, and what it measured of
// itself.
type headroomDetails struct {
	content   fyne.CanvasObject
	heading   *detailHeading
	headroom  *headroomLine
	cores     *chart.Cores
	past      *chart.Area
	noLoad    fyne.CanvasObject // in place of cores and past where there is none
	noPast    fyne.CanvasObject
	newest    LoadSample  // that the chart shows
	values    [][]float64 // of the chart
	facts     *detailList
	speeds    *figureTable
	costs     *figureTable
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
	d := &headroomDetails{heading: newDetailHeading(), headroom: newHeadroomLine(), facts: newDetailList(), speeds: newFigureTable(), costs: newFigureTable(), said: container.NewStack()}
	d.cores = chart.NewCores(ColorLoadFill)
	d.past = chart.NewArea(coresWords, d.moment, chart.Series{Name: "agent", Color: ColorSealedFill}, chart.Series{Name: "others", Color: ColorLoadFill})
	d.noPast = container.NewCenter(captionOf("Nothing kept yet"))
	d.noLoad = container.NewCenter(captionOf("Not known"))
	d.measured = muted("")
	d.again = widget.NewButtonWithIcon("Measure again", theme.ViewRefreshIcon(), measure)
	high := func(o ...fyne.CanvasObject) fyne.CanvasObject {
		least := canvas.NewRectangle(color.Transparent)
		least.SetMinSize(fyne.NewSize(1, chartHeight))
		return container.New(layout.NewCustomPaddedLayout(0, 0, 7, 0), container.NewStack(append(o, least)...))
	}
	load := container.NewVBox(captionOf("Load of each core"), high(d.cores, d.noLoad))
	past := container.NewVBox(captionOf("Cores in use, the last 15 minutes"), high(d.past, d.noPast), newLegend(legendItem{ColorSealedFill, "agent"}, legendItem{ColorLoadFill, "other programs"}))
	d.costTitle = section("CPU seconds for each GB")
	body := container.NewVBox(
		d.headroom.content,
		container.New(narrowAndWide{}, load, past),
		d.said,
		container.NewHBox(section("What it measured of itself"), layout.NewSpacer(), container.NewCenter(d.again)),
		d.measured, d.speeds.content,
		d.costTitle, d.costs.content,
		section("The machine"), d.facts.content)
	d.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 8, 0, 14), body))
	d.content = border(d.heading.content, nil, nil, nil, d.scroll)
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

// moment names a point of the chart by how long before the newest it was.
func (d *headroomDetails) moment(i int) string {
	ago := time.Duration(len(d.values)-1-i) * loadStep
	return ageWords(d.newest.When.Add(-ago), d.newest.When) + " ago"
}

func (d *headroomDetails) update(state *State, c *engine.ComponentStatus, order calibrationWords) {
	if d.shown != c.ID {
		d.shown = c.ID
		d.newest = LoadSample{}
		d.scroll.ScrollToTop()
	}
	words, color := componentStateWords(c)
	d.heading.set(c.Name, words, color)
	carried := engine.CarriedBy(state.Sessions)[c.ID]
	d.headroom.set(c, carried)
	present(d.cores, len(c.Load.Cores) > 0)
	present(d.noLoad, len(c.Load.Cores) == 0)
	d.cores.SetShares(c.Load.Cores)
	d.showPast(c, state.Loads[c.ID])
	d.showMeasured(c)
	costs := costRows(c)
	present(d.costTitle, len(costs) > 1)
	present(d.costs.content, len(costs) > 1)
	d.costs.set(costs...)
	d.facts.set(headroomFacts(c, carried))
	present(d.again, state.MayChange())
	if d.again.Disabled() != (order.waits || !c.Online) {
		if d.again.Disabled() {
			d.again.Enable()
		} else {
			d.again.Disable()
		}
	}
	d.say(order)
}

func (d *headroomDetails) showPast(c *engine.ComponentStatus, samples []LoadSample) {
	present(d.past, len(samples) > 1)
	present(d.noPast, len(samples) <= 1)
	if len(samples) < 2 || d.newest == samples[len(samples)-1] {
		return
	}
	d.newest, d.values = samples[len(samples)-1], loadValues(samples)
	d.past.SetWhole(float64(max(len(c.Load.Cores), c.Report.Processor.Cores)))
	d.past.SetValues(d.values)
}

// say shows how far an order to measure has come.
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
			icon, color = theme.WarningIcon(), ColorPlain
		case !order.waits:
			icon, color = theme.ConfirmIcon(), ColorSealed
		}
		d.said.Objects = []fyne.CanvasObject{newNotice(icon, color, order.text)}
	}
	d.said.Refresh()
}

func (d *headroomDetails) showMeasured(c *engine.ComponentStatus) {
	k := c.Report.Calibration
	present(d.speeds.content, k != nil)
	if k == nil {
		setLabel(d.measured, "Nothing yet. It measures its processor by itself when it has carried nothing for half a minute.")
		return
	}
	setLabel(d.measured, calibratedWords(k))
	d.speeds.set(speedRows(k)...)
}

// calibratedWords says when, how and of what a calibration was made.
func calibratedWords(k *engine.Calibration) string {
	text := fmt.Sprintf("Measured %s with %s, by version %s", timeWords(k.When), k.Cipher, k.Build)
	if k.Processor != "" {
		text += ", on " + k.Processor
	}
	return text + "."
}

// speedRows are what a calibration reached.
func speedRows(k *engine.Calibration) [][]string {
	threads := func(s engine.Speeds) string { return counted(s.Threads, "thread", "threads") }
	return [][]string{
		{"", threads(k.One), threads(k.All)},
		{"Seal, in memory", rateWords(k.One.Seal), rateWords(k.All.Seal)},
		{"Open, in memory", rateWords(k.One.Open), rateWords(k.All.Open)},
		{"Relay: a sealed channel, both ends", rateWords(k.One.Relay), rateWords(k.All.Relay)},
	}
}

const unknownCost = "–"

// costRows are what sessions cost each end, of real ones and by calibration, as far as it is known.
func costRows(c *engine.ComponentStatus) [][]string {
	find := func(costs []engine.EndCost, side engine.SideOfSession, mode engine.Mode) string {
		for _, cost := range costs {
			if cost.Side == side && cost.Mode == mode && cost.Known() {
				return costWords(cost.Cost)
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

// headroomFacts are what of the machine its headroom depends on.
func headroomFacts(c *engine.ComponentStatus, carried uint64) []detail {
	now := ""
	if c.Online {
		now = rateWords(carried) + " in all its sessions, both ways"
	}
	return []detail{
		{name: "Processor", value: processorWords(c.Report.Processor)},
		{name: "AES instructions", value: aesWords(c)},
		{name: "Load", value: loadWords(c)},
		{name: "Network", value: linkWords(c)},
		{name: "Carries now", value: now},
	}
}

// linkWords says how fast a component's network is.
func linkWords(c *engine.ComponentStatus) string {
	switch {
	case c.Report.LinkSpeed > 0:
		return rateWords(c.Report.LinkSpeed) + ", the fastest interface that is up"
	case c.Report.Version == "":
		return ""
	}
	return "not known: its system does not say"
}
