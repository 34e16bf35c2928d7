package rules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"lockwire/engine"
	"lockwire/ui/text"
)

// read makes the rule of what is typed. The problems are by the names of fields.
func (e *ruleEditor) read() (engine.Rule, map[string]error) {
	rule, problems := e.rule.Clone(), map[string]error{}
	rule.Encrypt, rule.Comment = e.encrypt.Checked, e.comment.Text
	if !e.fixed() {
		rule.Name = e.name.Text
		rule.Source, problems["source"] = parseEntries(e.source.Text)
		targets := e.target.Text
		if e.public.Checked {
			targets = strings.Trim(targets+", public", ", ")
		}
		rule.Target, problems["target"] = parseEntries(targets)
	}
	rule.Throttle, rule.Schedule, rule.Exempt = nil, nil, nil
	if e.throttle.Checked {
		e.readThrottle(&rule, problems)
	}
	if e.exempt.Checked {
		rule.Exempt = &engine.Exemption{Reason: e.reason.Text}
		if typed := strings.TrimSpace(e.until.Text); typed != "" {
			day, err := text.ParseDate(typed)
			problems["until"] = err
			rule.Exempt.Until = &day
		}
	}
	checkEach(rule.Clone(), problems)
	for name, err := range problems {
		if err == nil {
			delete(problems, name)
		}
	}
	return rule, problems
}

// checkEach finds the error of every field, not only the first: it corrects a wrong field in a copy and checks the copy again.
func checkEach(rule engine.Rule, problems map[string]error) {
	mend := map[string]func(){
		"name": func() { rule.Name = "x" }, "source": func() { rule.Source = []engine.Selector{engine.Any} }, "target": func() { rule.Target = []engine.Selector{engine.Any} },
		"exempt": func() { rule.Exempt = nil }, "throttle": func() { rule.Throttle, rule.Schedule = nil, nil }, "schedule": func() { rule.Schedule = nil },
		"comment": func() { rule.Comment = "" },
	}
	for range mend {
		var field, inner *engine.FieldError
		if err := rule.Check(); !errors.As(err, &field) || mend[field.Field] == nil {
			return
		}
		name := field.Field
		if name == "throttle" && errors.As(field.Err, &inner) && inner.Field == "relaxed" {
			name = "relaxed" // it has a row of its own
		}
		if problems[name] == nil {
			problems[name] = field.Err
		}
		mend[field.Field]()
	}
}

func (e *ruleEditor) readThrottle(rule *engine.Rule, problems map[string]error) {
	number := func(text string) (uint64, error) {
		value, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("a whole number is needed, such as 100")
		}
		return value, nil
	}
	value, err := number(e.value.Text)
	problems["throttle"] = err
	rule.Throttle = &engine.Throttle{Limit: engine.Limit{Value: value, Unit: engine.Unit(e.unit.Selected)}, NeverThrottleRestores: e.restores.Checked}
	if e.hasRelaxed.Checked {
		value, err := number(e.relaxed.Text)
		problems["relaxed"] = err
		rule.Throttle.Relaxed = &engine.Limit{Value: value, Unit: engine.Unit(e.relaxedUnit.Selected)}
	}
	if e.scheduled.Checked {
		rule.Schedule = &engine.Schedule{TimeZone: strings.TrimSpace(e.zone.Text), Days: e.schedule.Days}
	}
}
