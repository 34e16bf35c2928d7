package ui

import (
	"cmp"
	"fmt"
	"strings"

	"lockwire/engine"
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
	headroom shownHeadroom
}

func makeHeadroomRow(c *engine.ComponentStatus, carried uint64) headroomRow {
	r := headroomRow{id: c.ID, name: c.Name, offline: !c.Online, aes: aesWords(c), cores: c.Report.Processor.Cores, load: -1, agent: -1, cost: -1, headroom: showHeadroom(c, carried)}
	if c.Online && len(c.Load.Cores) > 0 {
		r.load, r.agent = meanLoad(c.Load.Cores), c.Load.Agent
	}
	if h := &c.Headroom; c.Online && h.Known() {
		r.limit, r.cost, r.costText = string(h.LimitedBy), h.Cost.PerGB, costWords(h.Cost)+", "+originWords(h.Cost)
	}
	return r
}

func headroomColumns() []tableColumn[headroomRow] {
	type row = *headroomRow
	number := func(id, title string, width float32, of func(row) float64, words func(float64) string) tableColumn[headroomRow] {
		return tableColumn[headroomRow]{id: id, title: title, width: width, right: true, compare: func(a, b row) int { return cmp.Compare(of(a), of(b)) },
			cell: func(r row) tableCell {
				if of(r) < 0 {
					return tableCell{}
				}
				return tableCell{text: words(of(r))}
			}}
	}
	cores := number("cores", "Cores", 54, func(r row) float64 { return float64(r.cores) }, func(v float64) string { return numberWords(int(v)) })
	cores.yields = 2
	return []tableColumn[headroomRow]{
		{id: "name", title: "Name", width: 130, cell: func(r row) tableCell {
			if r.offline {
				return tableCell{text: r.name + " (offline)", color: ColorMuted}
			}
			return tableCell{text: r.name}
		}, compare: func(a, b row) int { return cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) }},
		{id: "aes", title: "AES instructions", width: 150, yields: 1, cell: func(r row) tableCell { return tableCell{text: r.aes} }, compare: func(a, b row) int { return cmp.Compare(a.aes, b.aes) }},
		cores,
		number("load", "Load", 58, func(r row) float64 { return r.load }, func(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }),
		number("agent", "Agent, cores", 92, func(r row) float64 { return r.agent }, coresWords),
		{id: "cost", title: "CPU s for each GB", width: 160, right: true, cell: func(r row) tableCell { return tableCell{text: r.costText} }, compare: func(a, b row) int { return cmp.Compare(a.cost, b.cost) }},
		{id: "limit", title: "Limited by", width: 80, yields: 3, cell: func(r row) tableCell { return tableCell{text: r.limit} }, compare: func(a, b row) int { return cmp.Compare(a.limit, b.limit) }},
		{id: "headroom", title: "Headroom", width: 215, bars: true, tips: true, cell: func(r row) tableCell {
			return r.headroom.cell()
		}, compare: func(a, b row) int { return cmp.Compare(a.headroom.rate, b.headroom.rate) }},
	}
}
