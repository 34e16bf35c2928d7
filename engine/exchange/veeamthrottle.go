package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"lockwire/engine"
)

// veeamUnits are the units in lower case. MbitPerSpec is how the REST API itself spells it.
var veeamUnits = map[string]engine.Unit{
	"mbitperspec": engine.MegabitsPerSecond, "mbitpersec": engine.MegabitsPerSecond,
	"kbytepersec": engine.KilobytesPerSecond, "mbytepersec": engine.MegabytesPerSecond,
}

// decodeThrottling reads limit and hours of a rule. A limit that Veeam has switched off is not carried over, whatever it is: a rule here
// has no limit that is off.
func (v *veeam) decodeThrottling(rule *engine.Rule, fields engine.JSONObject) error {
	enabled, err := fields.Flag("throttlingEnabled", false)
	if err != nil {
		return err
	}
	windowed, err := fields.Flag("throttlingWindowEnabled", false)
	if err != nil {
		return err
	}
	if !enabled {
		v.noteLimitOff(rule.Name, fields, windowed)
		return nil
	}
	limit, err := veeamLimit(fields)
	if err != nil {
		return err
	}
	// Veeam's documentation: throttling does not apply to restores; in newer versions it does where a rule says so.
	restores, err := fields.Flag(restoresThrottled, false)
	if err != nil {
		return err
	}
	rule.Throttle = &engine.Throttle{Limit: limit, NeverThrottleRestores: !restores}
	if _, told := fields.Value(restoresThrottled); !told {
		v.throttles = true
	}
	if limit.Unit != engine.MegabitsPerSecond {
		v.decimal = true
	}
	options, found := fields.Value("throttlingWindowOptions")
	switch {
	case windowed && !found:
		return at("throttlingWindowOptions", errors.New("the rule throttles in certain hours, and the hours are missing"))
	case windowed:
		rule.Schedule, err = v.decodeWindow(rule.Name, options)
		return at("throttlingWindowOptions", err)
	case found:
		v.notes.add(rule.Name, "throttlingWindowOptions", "the hours are switched off in Veeam, so the limit always holds; they are not carried over")
	}
	return nil
}

func (v *veeam) noteLimitOff(rule string, fields engine.JSONObject, windowed bool) {
	hours := ""
	if windowed {
		hours = ", nor are its hours"
	}
	if limit, err := veeamLimit(fields); err == nil {
		v.notes.add(rule, "throttlingValue", "the limit of %s is switched off in Veeam and is not carried over%s", limit, hours)
		return
	}
	for _, name := range []string{"throttlingUnit", "throttlingValue", "throttlingWindowOptions"} {
		if _, found := fields.Value(name); found {
			v.notes.add(rule, name, "throttling is switched off in Veeam; this is not carried over")
		}
	}
}

func veeamLimit(fields engine.JSONObject) (engine.Limit, error) {
	none := engine.Limit{}
	unit, err := fields.Text("throttlingUnit")
	if err != nil {
		return none, err
	}
	if unit == "" {
		return none, at("throttlingUnit", engine.ErrFieldNeeded)
	}
	known, found := veeamUnits[strings.ToLower(unit)]
	if !found {
		return none, at("throttlingUnit", fmt.Errorf("%q is not a unit; known are MbitPerSec, KbytePerSec and MbytePerSec", short(unit)))
	}
	value, err := fields.Number("throttlingValue")
	if err != nil {
		return none, err
	}
	limit := engine.Limit{Value: value, Unit: known}
	var wrong *engine.FieldError
	if err := limit.Check(); errors.As(err, &wrong) {
		return none, at("throttlingValue", wrong.Err)
	}
	return limit, nil
}

// decodeWindow reads the hours in which a rule throttles; nil where it does in every hour. A day that is not listed has none.
func (v *veeam) decodeWindow(rule string, value json.RawMessage) (*engine.Schedule, error) {
	fields, err := engine.ReadJSONObject(value)
	if err != nil {
		return nil, err
	}
	v.noteUnknown(rule, "throttlingWindowOptions.", fields, veeamWindowFields)
	list, found := fields.Value("days")
	if !found {
		return nil, at("days", engine.ErrFieldNeeded)
	}
	schedule := engine.AlwaysOn()
	listed := map[string]bool{}
	err = engine.EachJSON(list, len(weekdays), func(index int, element json.RawMessage) error {
		fields, err := engine.ReadJSONObject(element)
		if err != nil {
			return err
		}
		v.noteUnknown(rule, "throttlingWindowOptions.days.", fields, veeamDayFields)
		name, err := fields.Text("day")
		if err != nil {
			return err
		}
		day := strings.ToLower(name)
		weekday, known := weekdays[day]
		switch {
		case !known:
			return at("day", fmt.Errorf("%q is not a day of the week", short(name)))
		case listed[day]:
			return at("day", fmt.Errorf("%s stands twice", day))
		}
		listed[day] = true
		hours, err := fields.Text("hours")
		if err != nil {
			return err
		}
		schedule.Days[weekday], err = veeamHours(hours)
		return at("hours", err)
	})
	if err != nil {
		return nil, at("days", err)
	}
	for day, weekday := range weekdays {
		if listed[day] {
			continue
		}
		for hour := range schedule.Days[weekday] {
			schedule.Days[weekday][hour] = engine.Off
		}
	}
	if len(listed) < len(weekdays) {
		v.notes.add(rule, "throttlingWindowOptions", "%d of 7 days are listed; on the others the rule does not throttle", len(listed))
	}
	v.hours = true
	if schedule == engine.AlwaysOn() {
		return nil, nil
	}
	return &schedule, nil
}

// veeamHours reads a day's hours: 24 of 0 and 1 with commas between, hour 0 first; 1 is throttled.
func veeamHours(text string) (engine.Day, error) {
	var day engine.Day
	count := 0
	for cell := range strings.SplitSeq(text, ",") {
		if count == len(day) {
			return day, errors.New("more than 24 hours")
		}
		switch strings.TrimSpace(cell) {
		case "1":
			day[count] = engine.On
		case "0":
			day[count] = engine.Off
		default:
			return day, fmt.Errorf("%q at hour %d: use 0 or 1", short(cell), count)
		}
		count++
	}
	if count < len(day) {
		return day, fmt.Errorf("24 hours are needed, these are %d", count)
	}
	return day, nil
}
