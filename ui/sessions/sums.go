package sessions

import (
	"fmt"
	"strings"
	"time"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/text"
)

// sessionSums add up several sessions, live or ended.
type sessionSums struct {
	count, sealed, plain, refused, stale, tests int

	began, newest   time.Time // of the first and of the last session
	flows           int       // open now
	allFlows        uint64
	traffic         engine.Traffic
	withoutCPUTimes bool // an end of one of them does not measure CPU times
}

func (u *sessionSums) add(mode engine.Mode, refused, test bool, began time.Time, allFlows uint64, traffic engine.Traffic) {
	u.count++
	switch {
	case refused:
		u.refused++
	case mode == engine.Sealed:
		u.sealed++
	default:
		u.plain++
	}
	if test {
		u.tests++
	}
	if u.began.IsZero() || began.Before(u.began) {
		u.began = began
	}
	if began.After(u.newest) {
		u.newest = began
	}
	u.allFlows += allFlows
	u.traffic.ToTarget += traffic.ToTarget
	u.traffic.ToSource += traffic.ToSource
	u.traffic.RateToTarget += traffic.RateToTarget
	u.traffic.RateToSource += traffic.RateToSource
	u.traffic.SourceCPU += traffic.SourceCPU
	u.traffic.TargetCPU += traffic.TargetCPU
	u.withoutCPUTimes = u.withoutCPUTimes || !refused && (traffic.SourceCPU == 0 || traffic.TargetCPU == 0)
}

func sumSessions(sessions []*engine.Session) *sessionSums {
	u := &sessionSums{}
	for _, s := range sessions {
		u.add(s.Decision.Mode, false, s.Test, s.Began, s.AllFlows, s.Traffic)
		u.flows += s.Flows
		if s.Stale {
			u.stale++
		}
	}
	return u
}

func sumReceipts(receipts []*engine.Receipt) *sessionSums {
	u := &sessionSums{}
	for _, r := range receipts {
		u.add(r.Decision.Mode, r.State == engine.SessionRefused, r.Test, r.Began, r.AllFlows, r.Traffic)
	}
	return u
}

// kinds count the sessions of each kind.
func (u *sessionSums) kinds() string {
	var words []string
	for _, kind := range []struct {
		count int
		word  string
	}{{u.sealed, "sealed"}, {u.plain, "plain"}, {u.refused, "refused"}, {u.stale, "stale"}, {u.tests, "made by tests of routes"}} {
		if kind.count > 0 {
			words = append(words, fmt.Sprintf("%s %s", text.Number(kind.count), kind.word))
		}
	}
	return strings.Join(words, ", ")
}

func (u *sessionSums) beganWords() string {
	first, last := text.Time(u.began), text.Time(u.newest)
	if first == last {
		return first
	}
	return first + " to " + last
}

func (u *sessionSums) cpu() string {
	if u.withoutCPUTimes {
		return ""
	}
	return cpuFact(u.traffic)
}

// liveFacts are the sums of live sessions, in the order in which the pane shows them.
func (u *sessionSums) liveFacts() []kit.Detail {
	return []kit.Detail{
		{Name: "Protection", Value: u.kinds()},
		{Name: "Began", Value: u.beganWords()},
		{Name: "Flows", Value: fmt.Sprintf("%d open, %d in all", u.flows, u.allFlows)},
		{Name: "To target", Value: fmt.Sprintf("%s, now %s", text.Size(u.traffic.ToTarget), text.Rate(u.traffic.RateToTarget))},
		{Name: "To source", Value: fmt.Sprintf("%s, now %s", text.Size(u.traffic.ToSource), text.Rate(u.traffic.RateToSource))},
		{Name: "CPU", Value: u.cpu()},
	}
}

// endedFacts are those of receipts.
func (u *sessionSums) endedFacts() []kit.Detail {
	return []kit.Detail{
		{Name: "Protection", Value: u.kinds()},
		{Name: "Began", Value: u.beganWords()},
		{Name: "Flows", Value: text.Number(int(u.allFlows))},
		{Name: "To target", Value: text.Size(u.traffic.ToTarget)},
		{Name: "To source", Value: text.Size(u.traffic.ToSource)},
		{Name: "CPU", Value: u.cpu()},
	}
}

// showSeveral shows sums in place of one session.
func (d *sessionDetails) showSeveral(u *sessionSums, facts []kit.Detail) {
	d.thing = ""
	d.put(d.full)
	d.heading.Set(text.Count(u.count, "session", "sessions")+" selected", "", kit.ColorMuted)
	d.say("", "")
	d.showKey(engine.KeyLife{})
	d.facts.Set(facts)
	kit.Present(d.rates, false)
	if d.decided != nil {
		d.decided, d.now = nil, nil
		d.arrange(false)
		d.why.Objects = nil
		d.why.Refresh()
	}
}
