package main

import (
	"bytes"
	"testing"
	"time"

	"lockwire/engine"
)

func TestSessionShowsEveryLimitOnItWithItsShare(t *testing.T) {
	now := time.Date(2027, 1, 20, 9, 0, 0, 0, time.UTC)
	then := engine.Limit{Value: 400, Unit: engine.MegabitsPerSecond}
	branch := engine.Cap{Rule: "Branch", Value: 100, Unit: engine.MegabitsPerSecond, Until: now.Add(9 * time.Hour), Then: &then}
	own := engine.Cap{Rule: "component fileserver", Component: engine.NewID(), Value: 50, Unit: engine.MegabytesPerSecond}
	var out bytes.Buffer
	printAllotments(&out, []engine.Allotment{{From: engine.SourceEnd, BytesPerSecond: 4_125_000, Confirmed: true, Caps: []engine.CapShare{
		{Cap: branch, Sessions: 3, Share: 4_125_000, Holds: true}, {Cap: own, Sessions: 1, Share: 50_000_000}}}}, now)
	const want = `to target: 33.0 Mbit/s, held by Branch
  Branch: 100 Mbit/s until 18:00, then 400 Mbit/s; 3 share it, up to 33.0 Mbit/s here
  component fileserver: 50 MB/s; nobody else draws on it, up to 400.0 Mbit/s here

`
	if out.String() != want {
		t.Errorf("%s", &out)
	}
	out.Reset()
	if printAllotments(&out, nil, now); out.Len() > 0 {
		t.Errorf("where no limit holds: %s", &out)
	}
}

func TestRuleShowsItsLimitNowAndNext(t *testing.T) {
	schedule := engine.AlwaysOn()
	schedule.TimeZone = "UTC"
	for day := range schedule.Days {
		schedule.Days[day][18] = engine.Off
	}
	rule := engine.Rule{Name: "Branch", Enabled: true, Source: []engine.Selector{engine.Any}, Target: []engine.Selector{engine.Any},
		Throttle: &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}}, Schedule: &schedule}
	day := func(hour int) time.Time { return time.Date(2027, 1, 20, hour, 30, 0, 0, time.UTC) }
	if got := limitNow(&rule, day(9), time.UTC); got != "100 Mbit/s until 18:00, then no limit" {
		t.Error(got)
	}
	if got := limitNow(&rule, day(18), time.UTC); got != "no limit until 19:00, then 100 Mbit/s" {
		t.Error(got)
	}
	rule.Enabled = false
	if got := limitNow(&rule, day(9), time.UTC); got != "no limit: the rule is off" {
		t.Error(got)
	}
}
