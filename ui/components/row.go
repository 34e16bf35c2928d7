package components

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// componentRow is a component as the table shows it: strings that are ready, and numbers to sort by.
type componentRow struct {
	id       engine.ID
	name     string
	role     string
	state    string
	color    fyne.ThemeColorName // of the state
	private  string              // addresses
	public   string
	version  string
	seen     string
	seenAt   time.Time
	aes      string
	cores    int
	load     float64 // the mean share of all cores in use
	loadText string
	expires  string
	expireAt time.Time
	soon     bool // the certificate ends soon, or has ended
	sessions int
	headroom page.ShownHeadroom
	text     string // what a filter looks in
}

func makeComponentRow(c *engine.ComponentStatus, now time.Time) componentRow {
	r := componentRow{
		id: c.ID, name: c.Name, role: string(c.Role), version: c.Report.Version, aes: text.AES(c), cores: c.Report.Processor.Cores,
		seenAt: c.LastSeen, expires: text.Day(c.CertificateExpires), expireAt: c.CertificateExpires, sessions: c.Sessions,
	}
	r.state, r.color = page.ComponentState(c)
	r.soon = c.CertificateEndsSoon(now)
	var private, public []string
	for _, a := range c.Addresses() {
		if engine.Classify(a.Address) == engine.PublicAddress {
			public = append(public, a.Address.String())
		} else {
			private = append(private, a.Address.String())
		}
	}
	r.private, r.public = strings.Join(private, ", "), strings.Join(public, ", ")
	if r.public != "" {
		r.public = "public: " + r.public
	}
	switch {
	case c.Online:
		r.seen, r.seenAt = "now", time.Unix(1<<40, 0) // sorts as the newest, and is the same at each tick
	case !c.LastSeen.IsZero():
		r.seen = text.Age(c.LastSeen, now) + " ago"
	default:
		r.seen = "never"
	}
	r.load = -1
	if c.Online && len(c.Load.Cores) > 0 {
		r.load = c.Load.Mean()
		r.loadText = fmt.Sprintf("%.0f %%", 100*r.load)
	}
	texts := []string{r.name, "role:" + r.role, r.state, r.private, r.public, r.version, r.aes}
	for _, tag := range c.Tags {
		texts = append(texts, "tag:"+tag)
	}
	r.text = strings.Join(texts, " ")
	return r
}

func componentSums(rows []*componentRow) []kit.Detail {
	sessions, cores := 0, 0
	states := text.Tally{}
	for _, row := range rows {
		sessions += row.sessions
		cores += row.cores
		states.Add(row.state)
	}
	return []kit.Detail{{Name: "State", Value: states.Words()}, {Name: "Sessions", Value: text.Number(sessions)}, {Name: "Cores", Value: text.Number(cores)}}
}
