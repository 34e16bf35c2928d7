package exchange

import (
	"fmt"
	"math/big"
	"strings"

	"lockwire/engine"
)

// proxmoxUnits are the units of a rate, in bytes a second, in lower case. A number without one is in bytes.
var proxmoxUnits = map[string]int64{
	"": 1, "b": 1,
	"k": 1e3, "kb": 1e3, "ki": 1 << 10, "kib": 1 << 10,
	"m": 1e6, "mb": 1e6, "mi": 1 << 20, "mib": 1 << 20,
	"g": 1e9, "gb": 1e9, "gi": 1 << 30, "gib": 1 << 30,
	"t": 1e12, "tb": 1e12, "ti": 1 << 40, "tib": 1 << 40,
}

// decodeRates makes one limit of the two rates. A rule here has one limit, for backups and, where it holds for them, for restores; it is
// never made lower than what Proxmox allows.
func (p *proxmox) decodeRates(rule *engine.Rule, section *proxmoxSection) error {
	in, hasIn, err := p.rate(rule.Name, section, "rate-in")
	if err != nil {
		return err
	}
	out, hasOut, err := p.rate(rule.Name, section, "rate-out")
	if err != nil {
		return err
	}
	switch {
	case !hasIn && !hasOut:
		p.notes.add(rule.Name, "", "the rule has no rate; it is kept and does nothing")
	case !hasIn:
		p.notes.add(rule.Name, "rate-out", "the limit of %s for restores alone is not carried over: a rule limits backups, or both. The rule does nothing", out)
	case !hasOut:
		rule.Throttle = &engine.Throttle{Limit: in, NeverThrottleRestores: true}
	default:
		rule.Throttle = &engine.Throttle{Limit: in}
		switch a, b := in.BytesPerSecond(), out.BytesPerSecond(); {
		case a < b:
			rule.Throttle.NeverThrottleRestores = true
			p.notes.add(rule.Name, "rate-out", "the higher limit of %s for restores is not carried over: restores are not throttled", out)
		case a > b:
			p.notes.add(rule.Name, "rate-out", "the lower limit of %s for restores is not carried over: they share the limit of %s that backups have", out, in)
		}
	}
	return nil
}

// rate reads a property that is a rate: a number, possibly with a fraction, and a unit.
func (p *proxmox) rate(rule string, section *proxmoxSection, property string) (engine.Limit, bool, error) {
	text, found := section.single[property]
	if !found {
		return engine.Limit{}, false, nil
	}
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit, known := proxmoxUnits[strings.ToLower(strings.TrimSpace(text[len(digits):]))]
	if !known || len(digits) > 32 || strings.Trim(digits, "0123456789.") != "" {
		return engine.Limit{}, false, at(property, fmt.Errorf("%q is not a rate such as 100 MB or 20 MiB", short(text)))
	}
	number, fine := new(big.Rat).SetString(digits)
	if !fine {
		return engine.Limit{}, false, at(property, fmt.Errorf("%q is not a rate such as 100 MB or 20 MiB", short(text)))
	}
	bytes := number.Mul(number, new(big.Rat).SetInt64(unit))
	limit, exact := limitOf(bytes)
	if err := limit.Check(); err != nil {
		return engine.Limit{}, false, at(property, fmt.Errorf("%s a second is not a limit that a rule can have", short(text)))
	}
	if !exact {
		p.notes.add(rule, property, "%s a second is read as %s", short(text), limit)
	}
	return limit, true, nil
}

// limitOf gives a rate in the largest unit in which it is a whole number, else in whole KB/s, rounded up.
func limitOf(bytesPerSecond *big.Rat) (limit engine.Limit, exact bool) {
	for _, unit := range []engine.Unit{engine.MegabytesPerSecond, engine.MegabitsPerSecond, engine.KilobytesPerSecond} {
		one := engine.Limit{Value: 1, Unit: unit}
		value := new(big.Rat).Quo(bytesPerSecond, new(big.Rat).SetUint64(one.BytesPerSecond()))
		if value.IsInt() && value.Num().IsUint64() {
			return engine.Limit{Value: value.Num().Uint64(), Unit: unit}, true
		}
		if unit == engine.KilobytesPerSecond {
			up := new(big.Int).Add(new(big.Int).Quo(value.Num(), value.Denom()), big.NewInt(1))
			if !up.IsUint64() {
				return engine.Limit{}, false
			}
			limit = engine.Limit{Value: up.Uint64(), Unit: unit}
		}
	}
	return limit, false
}
