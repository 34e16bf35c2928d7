package headroom

import (
	"cmp"
	"fmt"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// headroomRow is a component as the page's table shows it.
type headroomRow struct {
	id       engine.ID
	name     string
	offline  bool
	aes      string
	cores    int
	load     float64 // -1 where it is not known, as all figures
	agent    float64
	cost     float64
	costText string
	limit    string // what limits it
	headroom page.ShownHeadroom
}

func makeHeadroomRow(c *engine.ComponentStatus, carried uint64, low bool) headroomRow {
	r := headroomRow{id: c.ID, name: c.Name, offline: !c.Online, aes: text.AES(c), cores: c.Report.Processor.Cores, load: -1, agent: -1, cost: -1, headroom: page.ShowHeadroom(c, carried, low)}
	if c.Online && len(c.Load.Cores) > 0 {
		r.load, r.agent = c.Load.Mean(), c.Load.Agent
	}
	if h := &c.Headroom; c.Online && h.Known() {
		r.limit, r.cost, r.costText = string(h.LimitedBy), h.Cost.PerGB, text.Cost(h.Cost)+", "+text.Origin(h.Cost)
	}
	return r
}

func headroomColumns() []grid.Column[*headroomRow] {
	type row = *headroomRow
	number := func(id, title string, width float32, of func(row) float64, words func(float64) string) grid.Column[row] {
		return grid.Column[row]{ID: id, Title: title, Width: width, Align: fyne.TextAlignTrailing, Compare: func(a, b row) int { return cmp.Compare(of(a), of(b)) },
			Text: func(r row) string {
				if of(r) < 0 {
					return ""
				}
				return words(of(r))
			}}
	}
	cores := number("cores", "Cores", 54, func(r row) float64 { return float64(r.cores) }, func(v float64) string { return text.NumberUnlessNone(int(v)) })
	cores.Yields = 2
	return []grid.Column[row]{
		{ID: "name", Title: "Name", Width: 176, Flexible: true, Text: func(r row) string {
			if r.offline {
				return r.name + " (offline)"
			}
			return r.name
		}, Color: func(r row) fyne.ThemeColorName {
			if r.offline {
				return kit.ColorMuted
			}
			return ""
		}},
		{ID: "aes", Title: "AES instructions", Width: 112, Flexible: true, Yields: 1, Text: func(r row) string { return r.aes }},
		cores,
		number("load", "Load", 58, func(r row) float64 { return r.load }, func(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }),
		number("agent", "Agent, cores", 92, func(r row) float64 { return r.agent }, text.Cores),
		{ID: "cost", Title: "CPU s for each GB", Width: 156, Align: fyne.TextAlignTrailing, Text: func(r row) string { return r.costText }, Compare: func(a, b row) int { return cmp.Compare(a.cost, b.cost) }},
		{ID: "limit", Title: "Limited by", Width: 80, Flexible: true, Yields: 3, Text: func(r row) string { return r.limit }},
		page.HeadroomColumn(215, func(r row) *page.ShownHeadroom { return &r.headroom }),
	}
}

func headroomSums(rows []*headroomRow) []kit.Detail {
	cores, known, sum, agent := 0, 0, float64(0), float64(0)
	for _, row := range rows {
		cores += row.cores
		agent += max(row.agent, 0)
		if row.headroom.Rate >= 0 {
			known++
			sum += row.headroom.Rate
		}
	}
	headroom := ""
	if known > 0 {
		headroom = text.Rate(uint64(sum)) + " together"
		if known < len(rows) {
			headroom += fmt.Sprintf(", of the %s that were measured", text.Number(known))
		}
	}
	return []kit.Detail{{Name: "Headroom", Value: headroom}, {Name: "Agents, cores", Value: text.Cores(agent)}, {Name: "Cores", Value: text.Number(cores)}}
}
