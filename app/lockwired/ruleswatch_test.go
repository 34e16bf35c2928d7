package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/record"
)

func TestALimitAtWorkIsOneRow(t *testing.T) {
	now := time.Date(2026, 6, 3, 9, 30, 0, 0, time.Local)
	until := time.Date(2026, 6, 3, 18, 0, 0, 0, time.Local)
	uplink := engine.Cap{Rule: "Uplink", Value: 100, Unit: engine.MegabitsPerSecond, Until: until, Then: &engine.Limit{Value: 400, Unit: engine.MegabitsPerSecond}}
	nights := engine.Cap{Rule: "Nights", Restores: true, Value: 10, Unit: engine.MegabytesPerSecond, Until: until}
	own := engine.Cap{Rule: "component files", Component: "files", Value: 0, Unit: engine.KilobytesPerSecond}
	tests := map[string]record.CapUse{
		"Uplink|backups|100 Mbit/s|until 18:00, then 400 Mbit/s|100.0 Mbit/s|100 %|3|2": {Cap: uplink, Sessions: 3, Rate: 12_500_000, HeldBack: 2},
		"Nights|restores|10 MB/s|until 18:00, then no limit|8.0 Mbit/s|10 %|1|0":        {Cap: nights, Sessions: 1, Rate: 1_000_000, HeldBack: 0},
		"component files|all that it sends|0 KB/s||0 bit/s||1|1":                        {Cap: own, Sessions: 1, Rate: 0, HeldBack: 1},
	}
	for want, limit := range tests {
		var fields []string
		for _, field := range limitRow(limit, now) {
			fields = append(fields, fmt.Sprint(field))
		}
		if got := strings.Join(fields, "|"); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	if fields, columns := len(limitRow(record.CapUse{}, now)), strings.Count(limitHeader, "|")+1; fields != columns {
		t.Errorf("%d fields in %d columns", fields, columns)
	}
}
