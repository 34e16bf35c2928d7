package headroom

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"lockwire/engine"
	"lockwire/ui/text"
)

// forecastUnits are the units of a rate.
var forecastUnits = []struct {
	name  string
	bytes float64 // per second
}{{"Mbit/s", 125e3}, {"Gbit/s", 125e6}, {"MB/s", 1e6}}

// parseForecastRate reads a rate in bytes per second; an empty text is 0, which asks for as much as fits.
func parseForecastRate(typed, unit string) (uint64, error) {
	if typed = strings.TrimSpace(typed); typed == "" {
		return 0, nil
	}
	number, err := text.ParseDecimal(typed)
	if err != nil || math.IsNaN(number) || number <= 0 {
		return 0, errors.New("write a number above 0, such as 500 or 2.5")
	}
	size := 0.0
	for _, u := range forecastUnits {
		if u.name == unit {
			size = u.bytes
		}
	}
	rate := number * size
	switch {
	case rate > engine.MaximumForecastRate:
		return 0, errors.New("no network carries that much")
	case rate < 1:
		return 0, errors.New("that is less than a byte per second")
	}
	return uint64(rate), nil
}

// parseFlows reads a number of connections; an empty text is 0, one for each core.
func parseFlows(text string) (int, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	flows, err := strconv.Atoi(text)
	if err != nil || flows < 1 || flows > engine.MaximumForecastFlows {
		return 0, fmt.Errorf("write a number from 1 to %d", engine.MaximumForecastFlows)
	}
	return flows, nil
}

// limitedWords says what limits the possible rate, and where.
func limitedWords(f *engine.Forecast) string {
	switch {
	case f.LimitedBy == engine.LimitedByOneCore:
		return "limited by one core for each flow, at " + f.At
	case f.LimitedBy == engine.LimitedByCap && f.Cap != nil && f.Cap.Component != "":
		return "limited by what " + f.Cap.Rule + " may send"
	case f.LimitedBy == engine.LimitedByCap && f.Cap != nil:
		return "limited by rule " + f.Cap.Rule
	case f.LimitedBy == engine.NotLimited:
		return ""
	}
	return fmt.Sprintf("limited by the %s of %s", f.LimitedBy, f.At)
}

// modeReason says why a forecast's traffic would be sealed or plain.
func modeReason(f *engine.Forecast) string {
	if f.By == engine.ByNone {
		return "nothing requires encryption"
	}
	decision := engine.Decision{By: f.By, Rules: f.Rules}
	return "because of " + decision.BecauseInShort()
}

// endCoresWords says how many of an end's cores are in use, and how many more would be: by itself, and by the other end where
// both have the same processor.
func endCoresWords(e *engine.EndForecast, other float64) string {
	if e.Cores == 0 {
		return "its cores are not known"
	}
	words := fmt.Sprintf("%s of %s busy now", text.Cores(e.Busy), text.Count(e.Cores, "core", "cores"))
	if e.Cost.Known() {
		words += ", " + text.Cores(e.Added) + " more then"
	}
	if other > 0 {
		words += ", and " + text.Cores(other) + " by the other end"
	}
	return words
}

// endNetworkWords says how much traffic an end's network carries, and how much it can.
func endNetworkWords(e *engine.EndForecast) string {
	if e.Link == 0 {
		return fmt.Sprintf("carries %s; the speed of its network is not known", text.Rate(e.Carried))
	}
	return fmt.Sprintf("carries %s, its network %s", text.Rate(e.Carried), text.Rate(e.Link))
}
