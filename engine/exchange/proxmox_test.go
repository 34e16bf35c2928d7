package exchange_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

func TestRulesOfProxmoxAreRead(t *testing.T) {
	body, err := os.Open("testdata/proxmox/traffic-control.cfg")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	set, report, err := exchange.DecodeAny(body)
	if err != nil {
		t.Fatal(err)
	}
	all, office, user := find(t, set, "default"), find(t, set, "office-hours"), find(t, set, "one-user")
	if difference := cmp.Diff(&engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabytesPerSecond}}, all.Throttle); difference != "" {
		t.Error(difference)
	}
	if len(all.Source) != 2 || all.Target[0] != engine.Any || all.Encrypt || all.Schedule != nil || all.Comment != "all clients" {
		t.Errorf("%+v", all)
	}
	// 20 MiB are 20,971,520 bytes: no whole number of any unit, so that it is rounded up.
	if difference := cmp.Diff(&engine.Throttle{Limit: engine.Limit{Value: 20972, Unit: engine.KilobytesPerSecond}}, office.Throttle); difference != "" {
		t.Error(difference)
	}
	for _, cell := range []struct {
		day  time.Weekday
		hour int
		want engine.Cell
	}{
		{time.Monday, 7, engine.Off}, {time.Monday, 8, engine.On}, {time.Friday, 11, engine.On}, {time.Friday, 12, engine.Off},
		{time.Wednesday, 14, engine.On}, {time.Wednesday, 17, engine.On}, {time.Wednesday, 18, engine.Off}, {time.Saturday, 9, engine.Off}, {time.Sunday, 9, engine.Off},
	} {
		if got := office.Schedule.Days[cell.day][cell.hour]; got != cell.want {
			t.Errorf("%v, %d o'clock: %v", cell.day, cell.hour, got)
		}
	}
	if user.Throttle != nil || user.Schedule != nil {
		t.Errorf("%+v", user)
	}
	for _, note := range []struct{ rule, field, part string }{
		{"", "network", "target is any"},
		{"", "network", "the lowest limit counts"},
		{"", "timeframe", "broker's time zone"},
		{"office-hours", "rate-in", "read as 20972 KB/s"},
		{"office-hours", "rate-out", "lower limit of 10 MB/s"},
		{"office-hours", "burst-in", "no burst"},
		{"office-hours", "timeframe", "from 14 to 18"},
		{"one-user", "users", "whoever sends it"},
		{"one-user", "rate-out", "restores alone"},
	} {
		if !has(report, note.rule, note.field, note.part) {
			t.Errorf("nothing says %q of %q, %q: %v", note.part, note.rule, note.field, report)
		}
	}
}

// proxmoxRule is a file with one rule that has these properties, and a limit.
func proxmoxRule(properties string) string {
	return "traffic-control: a\n\tnetwork 10.0.0.0/8\n\trate-in 1 MB\n\t" + properties + "\n"
}

func TestTimesOfProxmoxAreRead(t *testing.T) {
	tests := map[string]struct {
		text string
		on   map[time.Weekday]string // its hours; the other days have none
	}{
		"every day":         {"22-24", map[time.Weekday]string{0: "22 23", 1: "22 23", 2: "22 23", 3: "22 23", 4: "22 23", 5: "22 23", 6: "22 23"}},
		"days and a range":  {"sat,tue..wed 8:05 - 9", map[time.Weekday]string{time.Saturday: "8", time.Tuesday: "8", time.Wednesday: "8"}},
		"to the end of it":  {"sat..sun 0-2:00", map[time.Weekday]string{time.Saturday: "0 1", time.Sunday: "0 1"}},
		"a day in full":     {"thursday 5-6", map[time.Weekday]string{time.Thursday: "5"}},
		"none of the hours": {"mon 8-8", map[time.Weekday]string{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set, _, err := exchange.DecodeAny(strings.NewReader(proxmoxRule("timeframe " + test.text)))
			if err != nil {
				t.Fatal(err)
			}
			rule := find(t, set, "a")
			got := map[time.Weekday]string{}
			for day, hours := range rule.Schedule.Days {
				for hour, cell := range hours {
					if cell == engine.On {
						got[time.Weekday(day)] = strings.TrimSpace(got[time.Weekday(day)] + " " + time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC).Format("15"))
					}
				}
			}
			for day, hours := range test.on {
				padded := ""
				for _, hour := range strings.Fields(hours) {
					padded += " " + strings.Repeat("0", 2-len(hour)) + hour
				}
				test.on[day] = strings.TrimSpace(padded)
			}
			if difference := cmp.Diff(test.on, got); difference != "" {
				t.Error(difference)
			}
		})
	}
}

func TestWhatProxmoxCannotMeanIsRefused(t *testing.T) {
	tests := map[string]struct{ text, field string }{
		"no network":                {"traffic-control: a\n\trate-in 1 MB\n", "network"},
		"a network that is none":    {"traffic-control: a\n\tnetwork 10.0.0.0/99\n", "network"},
		"a property twice":          {proxmoxRule("rate-in 2 MB"), "rate-in"},
		"a rate in a foreign unit":  {proxmoxRule("rate-out 5 miles"), "rate-out"},
		"a rate of nothing":         {proxmoxRule("rate-out 0 MB"), "rate-out"},
		"a rate without number":     {proxmoxRule("rate-out MB"), "rate-out"},
		"a rate beyond all":         {proxmoxRule("rate-out 99999999999999999999 TB"), "rate-out"},
		"a rate of many digits":     {proxmoxRule("rate-out " + strings.Repeat("1", 100)), "rate-out"},
		"minutes that are none":     {proxmoxRule("timeframe 8:60-12"), "timeframe"},
		"hours that are none":       {proxmoxRule("timeframe 8-25"), "timeframe"},
		"an end before its begin":   {proxmoxRule("timeframe 12-8"), "timeframe"},
		"a day that is none":        {proxmoxRule("timeframe someday 8-12"), "timeframe"},
		"a range over a week's end": {proxmoxRule("timeframe sun..mon 8-12"), "timeframe"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set, _, err := exchange.DecodeAny(strings.NewReader(test.text))
			var wrong *engine.FieldError
			if !errors.As(err, &wrong) || wrong.Field != test.field || wrong.Of != `rule "a"` {
				t.Errorf("%+v %v", set.Rules, err)
			}
		})
	}
}
