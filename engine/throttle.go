package engine

import (
	"encoding/json"
	"fmt"
)

// Unit is the unit in which a rule states a limit.
type Unit string

const (
	KilobytesPerSecond Unit = "KB/s"   // 1,000 bytes a second
	MegabitsPerSecond  Unit = "Mbit/s" // 125,000 bytes a second
	MegabytesPerSecond Unit = "MB/s"   // 1,000,000 bytes a second
)

// Units are all units, in the order in which a screen offers them.
var Units = []Unit{KilobytesPerSecond, MegabitsPerSecond, MegabytesPerSecond}

// bytesPerSecond is 0 for an unknown unit.
func (u Unit) bytesPerSecond() uint64 {
	switch u {
	case KilobytesPerSecond:
		return 1_000
	case MegabitsPerSecond:
		return 125_000
	case MegabytesPerSecond:
		return 1_000_000
	}
	return 0
}

// maximumLimitValue keeps a limit in bytes per second far from overflow: 10^15 bytes a second at most.
const maximumLimitValue = 1_000_000_000

// Limit is a rate as a rule states it.
type Limit struct {
	Value uint64 `json:"value"`
	Unit  Unit   `json:"unit"`
}

// BytesPerSecond is the limit in bytes per second.
func (l Limit) BytesPerSecond() uint64 { return l.Value * l.Unit.bytesPerSecond() }

// String writes the limit as people read it: "100 Mbit/s".
func (l Limit) String() string { return fmt.Sprintf("%d %s", l.Value, l.Unit) }

// Check refuses an unknown unit and a value that is not from 1 to 1,000,000,000.
func (l Limit) Check() error {
	if l.Unit.bytesPerSecond() == 0 {
		return &FieldError{Field: "unit", Err: fmt.Errorf("%q is not a unit; use KB/s, Mbit/s or MB/s", abbreviate(string(l.Unit), 16))}
	}
	if l.Value < 1 || l.Value > maximumLimitValue {
		return &FieldError{Field: "value", Err: fmt.Errorf("a limit is a whole number from 1 to %d", uint64(maximumLimitValue))}
	}
	return nil
}

// Throttle is a rule's limit. It is an aggregate: all live sessions of the rule share it.
type Throttle struct {
	Limit
	// NeverThrottleRestores lifts this limit for data that flows as a restore does.
	NeverThrottleRestores bool
	// Relaxed is the second, looser limit that holds in the schedule's relaxed hours; nil where there is none.
	Relaxed *Limit
}

// Check checks both limits.
func (t Throttle) Check() error {
	if err := t.Limit.Check(); err != nil {
		return err
	}
	if t.Relaxed != nil {
		return fieldError("", "relaxed", t.Relaxed.Check())
	}
	return nil
}

// throttleFile is a Throttle in JSON.
type throttleFile struct {
	Value                 uint64 `json:"value"`
	Unit                  Unit   `json:"unit"`
	NeverThrottleRestores bool   `json:"neverThrottleRestores"`
	Relaxed               *Limit `json:"relaxed"`
}

// MarshalJSON writes the form of a rule set's file.
func (t Throttle) MarshalJSON() ([]byte, error) {
	return json.Marshal(throttleFile{t.Value, t.Unit, t.NeverThrottleRestores, t.Relaxed})
}

// InWords says a throttle with all its fields; nil is none.
func (t *Throttle) InWords() string {
	if t == nil {
		return "none"
	}
	text := t.Limit.String()
	if t.Relaxed != nil {
		text += ", relaxed " + t.Relaxed.String()
	}
	if !t.NeverThrottleRestores {
		text += ", restores too"
	}
	return text
}
