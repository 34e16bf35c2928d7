package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
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
	headroom shownHeadroom
	text     string // what a filter looks in
}

// certificateSoon is how long before its end a certificate that nobody renewed is pointed out. Agents renew theirs far earlier.
const certificateSoon = 36 * time.Hour

func makeComponentRow(c *engine.ComponentStatus, now time.Time) componentRow {
	r := componentRow{
		id: c.ID, name: c.Name, role: string(c.Role), version: c.Report.Version, aes: aesWords(c), cores: c.Report.Processor.Cores,
		seenAt: c.LastSeen, expires: dayWords(c.CertificateExpires), expireAt: c.CertificateExpires, sessions: c.Sessions,
	}
	r.state, r.color = componentStateWords(c)
	r.soon = c.Revoked.IsZero() && !c.CertificateExpires.IsZero() && c.CertificateExpires.Before(now.Add(certificateSoon))
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
		r.seen, r.seenAt = "now", time.Unix(1<<40, 0) // the newest of all, and the same at each tick
	case !c.LastSeen.IsZero():
		r.seen = ageWords(c.LastSeen, now) + " ago"
	default:
		r.seen = "never"
	}
	r.load = -1
	if c.Online && len(c.Load.Cores) > 0 {
		r.load = meanLoad(c.Load.Cores)
		r.loadText = fmt.Sprintf("%.0f %%", 100*r.load)
	}
	r.text = strings.Join([]string{r.name, r.role, r.state, r.private, r.public, r.version, r.aes, strings.Join(c.Tags, " ")}, " ")
	return r
}

// busyCores is how many cores are in use, by their shares.
func busyCores(cores []float64) float64 {
	var sum float64
	for _, core := range cores {
		sum += core
	}
	return sum
}

func meanLoad(cores []float64) float64 { return busyCores(cores) / float64(len(cores)) }

// componentStateWords says how a component is: the word and its colour.
func componentStateWords(c *engine.ComponentStatus) (string, fyne.ThemeColorName) {
	switch {
	case !c.Revoked.IsZero():
		return "revoked", ColorRefused
	case c.Online && c.Problem != "":
		return "online, problem", ColorPlain
	case c.Online:
		return "online", ColorSealed
	}
	return "offline", ColorMuted
}

func aesWords(c *engine.ComponentStatus) string {
	switch {
	case c.Report.Processor.HasAES():
		return strings.Join(c.Report.Processor.AES, ", ")
	case c.Report.Version == "":
		return "" // it has never reported
	}
	return "none: ChaCha20 is used"
}

// dayWords writes the day of a time in the local zone; nothing for the zero time.
func dayWords(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02")
}

// sessionsOf are the live sessions in which a component takes part.
func sessionsOf(state *State, id engine.ID) []*engine.Session {
	var found []*engine.Session
	for i := range state.Sessions {
		if s := &state.Sessions[i]; s.Source == id || s.Target == id {
			found = append(found, s)
		}
	}
	return found
}

func componentIn(state *State, id engine.ID) *engine.ComponentStatus {
	for i := range state.Components {
		if state.Components[i].ID == id {
			return &state.Components[i]
		}
	}
	return nil
}

// componentNames are those of the components that are not revoked, as a list offers them.
func componentNames(state *State) []string {
	var names []string
	for i := range state.Components {
		if state.Components[i].Revoked.IsZero() {
			names = append(names, state.Components[i].Name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return names
}
