package session

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
)

// endPlayed is one event at a moment after the offer.
type endPlayed struct {
	after time.Duration
	event EndEvent
}

var (
	flow      = EndEvent{Kind: FlowBegins}
	closeFlow = EndEvent{Kind: FlowCloses}
	endTick   = EndEvent{Kind: EndTick}
	allErased = EndEvent{Kind: AllErased, At: start.Add(time.Hour), Erasure: engine.ErasureProven}
	keyErased = EndEvent{Kind: KeyErased, At: start.Add(time.Minute), Erasure: engine.ErasureProven}
	cutNow    = EndEvent{Kind: CutOrdered, Reason: "cut"}
	drainNow  = EndEvent{Kind: DrainOrdered, Reason: "drain"}
)

func playEnd(t *testing.T, e End, events ...endPlayed) (End, []EndCommand) {
	t.Helper()
	var commands []EndCommand
	for i, p := range events {
		var err error
		if e, commands, err = e.Step(start.Add(p.after), p.event); err != nil {
			t.Fatalf("event %d (%+v): %v", i, p.event, err)
		}
	}
	return e, commands
}

func TestEndTransitions(t *testing.T) {
	const second, minute, hour = time.Second, time.Minute, time.Hour
	ending := []EndCommand{DestroyKey, EraseAll}
	for name, c := range map[string]struct {
		side     Side
		before   []endPlayed
		last     endPlayed
		state    EndState
		flows    int
		reason   string
		commands []EndCommand
	}{
		"a flow joins":               {Source, nil, endPlayed{second, flow}, Carrying, 1, "", nil},
		"a second flow joins":        {Source, []endPlayed{{second, flow}}, endPlayed{2 * second, flow}, Carrying, 2, "", nil},
		"one of two flows closes":    {Source, []endPlayed{{second, flow}, {second, flow}}, endPlayed{minute, closeFlow}, Carrying, 1, "", nil},
		"the last flow closes":       {Source, []endPlayed{{second, flow}}, endPlayed{minute, closeFlow}, Lingering, 0, "", nil},
		"a flow joins what lingers":  {Source, []endPlayed{{second, flow}, {minute, closeFlow}}, endPlayed{minute + 14*second, flow}, Carrying, 1, "", nil},
		"no flow came for 30 s":      {Source, nil, endPlayed{UseWithin, endTick}, Erasing, 0, ReasonNever, ending},
		"the source lingers 15 s":    {Source, []endPlayed{{second, flow}, {minute, closeFlow}}, endPlayed{minute + 15*second, endTick}, Erasing, 0, ReasonIdle, ending},
		"the target 10 s longer":     {Target, []endPlayed{{second, flow}, {minute, closeFlow}}, endPlayed{minute + 24*second, flow}, Carrying, 1, "", nil},
		"and then ends too":          {Target, []endPlayed{{second, flow}, {minute, closeFlow}}, endPlayed{minute + 30*second, endTick}, Erasing, 0, ReasonIdle, ending},
		"the age cap destroys K":     {Source, []endPlayed{{second, flow}}, endPlayed{24 * hour, endTick}, Finishing, 1, ReasonAgeCap, []EndCommand{DestroyKey}},
		"the age cap while idle":     {Source, []endPlayed{{second, flow}, {24*hour - second, closeFlow}}, endPlayed{24 * hour, endTick}, Erasing, 0, ReasonAgeCap, ending},
		"a drain while carrying":     {Target, []endPlayed{{second, flow}}, endPlayed{minute, drainNow}, Finishing, 1, "drain", []EndCommand{DestroyKey}},
		"a drain while waiting":      {Target, nil, endPlayed{second, drainNow}, Erasing, 0, "drain", ending},
		"a drain twice":              {Target, []endPlayed{{second, flow}, {minute, drainNow}}, endPlayed{hour, drainNow}, Finishing, 1, "drain", nil},
		"K is gone while finishing":  {Target, []endPlayed{{second, flow}, {minute, drainNow}}, endPlayed{minute + second, keyErased}, Finishing, 1, "drain", []EndCommand{ReportKey}},
		"the last flow finishes":     {Target, []endPlayed{{second, flow}, {minute, drainNow}}, endPlayed{hour, closeFlow}, Erasing, 0, "drain", []EndCommand{EraseAll}},
		"a cut while waiting":        {Target, nil, endPlayed{second, cutNow}, Erasing, 0, "cut", ending},
		"a cut while carrying":       {Target, []endPlayed{{second, flow}}, endPlayed{minute, cutNow}, Cutting, 1, "cut", []EndCommand{DestroyKey, ResetFlows}},
		"a cut while finishing":      {Target, []endPlayed{{second, flow}, {second, drainNow}}, endPlayed{minute, cutNow}, Cutting, 1, "cut", []EndCommand{ResetFlows}},
		"a cut twice":                {Target, []endPlayed{{second, flow}, {second, cutNow}}, endPlayed{minute, cutNow}, Cutting, 1, "cut", nil},
		"the last flow is reset":     {Target, []endPlayed{{second, flow}, {second, cutNow}}, endPlayed{2 * second, closeFlow}, Erasing, 0, "cut", []EndCommand{EraseAll}},
		"all is erased":              {Source, []endPlayed{{second, cutNow}}, endPlayed{2 * second, allErased}, Reporting, 0, "cut", []EndCommand{ReportEnd}},
		"a late word of K is taken":  {Source, []endPlayed{{second, flow}, {second, drainNow}, {second, closeFlow}}, endPlayed{2 * second, keyErased}, Erasing, 0, "drain", nil},
		"the report is repeated":     {Source, []endPlayed{{second, cutNow}, {2 * second, allErased}}, endPlayed{hour, EndEvent{Kind: Reattached}}, Reporting, 0, "cut", []EndCommand{ReportEnd}},
		"K's report is repeated":     {Source, []endPlayed{{second, flow}, {minute, drainNow}, {minute, keyErased}}, endPlayed{hour, EndEvent{Kind: Reattached}}, Finishing, 1, "drain", []EndCommand{ReportKey}},
		"nothing is to be repeated":  {Source, []endPlayed{{second, flow}}, endPlayed{hour, EndEvent{Kind: Reattached}}, Carrying, 1, "", nil},
		"the broker acknowledges":    {Source, []endPlayed{{second, cutNow}, {2 * second, allErased}}, endPlayed{hour, EndEvent{Kind: ReportAcknowledged}}, Forgotten, 0, "cut", []EndCommand{Forget}},
		"a late event ends it first": {Source, []endPlayed{{second, flow}, {minute, closeFlow}}, endPlayed{hour, cutNow}, Erasing, 0, ReasonIdle, ending},
		"the cap comes before a last close": {Source, []endPlayed{{second, flow}}, endPlayed{25 * hour, closeFlow}, Erasing, 0, ReasonAgeCap,
			[]EndCommand{DestroyKey, EraseAll}},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := playEnd(t, NewEnd(c.side, DefaultTimes, start), c.before...)
			e, commands := playEnd(t, e, c.last)
			if e.State() != c.state || e.Flows() != c.flows || e.Report().Reason != c.reason {
				t.Errorf("state %s, %d flows, reason %q; want %s, %d, %q", e.State(), e.Flows(), e.Report().Reason, c.state, c.flows, c.reason)
			}
			if diff := cmp.Diff(c.commands, commands); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
			if due, any := e.Deadline(); any != e.HasKey() || any && !due.After(start.Add(c.last.after)) {
				t.Errorf("deadline %v, %v", due, any)
			}
		})
	}
}

func TestEndRefusesEventsThatDoNotFit(t *testing.T) {
	const second, minute = time.Second, time.Minute
	gone := []endPlayed{{second, cutNow}, {2 * second, allErased}}
	for name, c := range map[string]struct {
		before []endPlayed
		last   endPlayed
		want   error
	}{
		"a flow after the age cap, the timer late":     {[]endPlayed{{second, flow}}, endPlayed{24 * time.Hour, flow}, ErrNoNewFlow},
		"a flow after the linger time, the timer late": {[]endPlayed{{second, flow}, {minute, closeFlow}}, endPlayed{minute + 15*second, flow}, ErrNoNewFlow},
		"a flow too late for the first use":            {nil, endPlayed{UseWithin, flow}, ErrNoNewFlow},
		"a flow after a drain":                         {[]endPlayed{{second, flow}, {minute, drainNow}}, endPlayed{minute, flow}, ErrNoNewFlow},
		"a flow after a cut":                           {[]endPlayed{{second, cutNow}}, endPlayed{2 * second, flow}, ErrNoNewFlow},
		"a flow after the report":                      {gone, endPlayed{minute, flow}, ErrNoNewFlow},
		"a close without a flow":                       {nil, endPlayed{second, closeFlow}, ErrUnexpected},
		"an erasure while K is needed":                 {[]endPlayed{{second, flow}}, endPlayed{minute, keyErased}, ErrUnexpected},
		"all erased while flows run":                   {[]endPlayed{{second, flow}, {minute, drainNow}}, endPlayed{minute, allErased}, ErrUnexpected},
		"an erasure without a word":                    {[]endPlayed{{second, cutNow}}, endPlayed{minute, EndEvent{Kind: AllErased}}, ErrUnexpected},
		"an acknowledgement before the report":         {[]endPlayed{{second, cutNow}}, endPlayed{minute, EndEvent{Kind: ReportAcknowledged}}, ErrUnexpected},
		"no such event":                                {nil, endPlayed{second, EndEvent{Kind: 99}}, ErrUnexpected},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := playEnd(t, NewEnd(Source, DefaultTimes, start), c.before...)
			after, commands, err := e.Step(start.Add(c.last.after), c.last.event)
			if !errors.Is(err, c.want) || commands != nil || after != e {
				t.Errorf("error %v, want %v; commands %v, changed %v", err, c.want, commands, after != e)
			}
			if c.want == ErrNoNewFlow && !errors.Is(e.Admits(start.Add(c.last.after)), ErrNoNewFlow) {
				t.Error("it says that it admits the flow")
			}
		})
	}
}

func TestTheReportTellsWhenTheKeyWasGone(t *testing.T) {
	e, _ := playEnd(t, NewEnd(Source, DefaultTimes, start),
		endPlayed{time.Second, flow}, endPlayed{2 * time.Second, drainNow}, endPlayed{time.Minute, keyErased},
		endPlayed{30 * time.Minute, closeFlow}, endPlayed{time.Hour, allErased})
	want := Report{Reason: "drain", Ended: start.Add(30 * time.Minute), Destroyed: start.Add(time.Minute), Erasure: engine.ErasureProven}
	if diff := cmp.Diff(want, e.Report()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}
