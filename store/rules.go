package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"lockwire/engine"
)

// RuleSet gives all rules, settings and preferred networks of one moment.
func (s *Store) RuleSet(ctx context.Context) (engine.RuleSet, error) {
	return read(ctx, s, func(r records) (engine.RuleSet, error) { return r.RuleSet(ctx) })
}

const ruleColumns = `id, revision, name, enabled, source, target, encrypt, exempt_reason, exempt_until,
	throttle_value, throttle_unit, never_throttle_restores, relaxed_value, relaxed_unit, schedule, comment`

func (r records) RuleSet(ctx context.Context) (set engine.RuleSet, err error) {
	const doing = "read the rules"
	if set.Rules, err = list(ctx, r, doing, scanRule, `SELECT `+ruleColumns+` FROM rules ORDER BY name_folded, id`); err != nil {
		return set, err
	}
	if set.Settings, err = r.settings(ctx); err != nil {
		return set, err
	}
	set.PreferredNetworks, err = one(ctx, r, doing, "preferred networks", scanPreferredNetworks, `SELECT mode, networks FROM preferred_networks WHERE id = 1`)
	if errors.Is(err, engine.ErrNotFound) {
		set.PreferredNetworks, err = engine.PreferredNetworks{Mode: engine.PreferredOff, Networks: []netip.Prefix{}}, nil
	}
	if err != nil {
		return set, err
	}
	return set, r.readRevisions(ctx, doing, &set)
}

// The names of the revisions of what is there once. Those of settings begin with settingRevision and end with the setting's name.
const (
	settingRevision   = "setting "
	preferredRevision = "preferred networks"
)

// readRevisions reads the revisions of settings and preferred networks. What was never edited has none.
func (r records) readRevisions(ctx context.Context, doing string, set *engine.RuleSet) error {
	type row struct {
		thing    string
		revision int64
	}
	rows, err := list(ctx, r, doing, func(rows *sql.Rows) (one row, err error) { return one, rows.Scan(&one.thing, &one.revision) }, `SELECT thing, revision FROM revisions`)
	if err != nil {
		return err
	}
	set.SettingRevisions = map[string]int64{}
	for _, row := range rows {
		if name, ofSetting := strings.CutPrefix(row.thing, settingRevision); ofSetting {
			set.SettingRevisions[name] = row.revision
		} else if row.thing == preferredRevision {
			set.PreferredRevision = row.revision
		}
	}
	return nil
}

func (t *transaction) countRevision(doing, thing string) error {
	return t.execute(doing, `INSERT INTO revisions (thing, revision) VALUES (?, 1) ON CONFLICT (thing) DO UPDATE SET revision = revisions.revision + 1`, thing)
}

func scanRule(rows *sql.Rows) (rule engine.Rule, err error) {
	var source, target string
	var reason, until, schedule, unit, relaxedUnit sql.NullString
	var limit, relaxed sql.NullInt64
	var neverRestores sql.NullBool
	if err := rows.Scan(&rule.ID, &rule.Revision, &rule.Name, &rule.Enabled, &source, &target, &rule.Encrypt, &reason, &until,
		&limit, &unit, &neverRestores, &relaxed, &relaxedUnit, &schedule, &rule.Comment); err != nil {
		return rule, err
	}
	rule.Comment = engine.CleanLines(rule.Comment)
	if reason.Valid {
		rule.Exempt = &engine.Exemption{Reason: engine.CleanLine(reason.String)}
		if until.Valid {
			day, err := engine.ParseDate(until.String)
			if err != nil {
				return rule, fmt.Errorf("rule %q: %w", rule.Name, err)
			}
			rule.Exempt.Until = &day
		}
	}
	if first := limitOf(limit, unit); first != nil {
		rule.Throttle = &engine.Throttle{Limit: *first, NeverThrottleRestores: neverRestores.Bool, Relaxed: limitOf(relaxed, relaxedUnit)}
	}
	if schedule.Valid {
		rule.Schedule = new(engine.Schedule)
		if err := readDocument("rule", rule.ID, schedule.String, rule.Schedule); err != nil {
			return rule, err
		}
	}
	return rule, errors.Join(
		readDocument("rule", rule.ID, source, &rule.Source),
		readDocument("rule", rule.ID, target, &rule.Target),
	)
}

func (t *transaction) PutRule(rule engine.Rule) error {
	doing := fmt.Sprintf("save rule %q", rule.Name)
	if err := checkID(doing, rule.ID); err != nil {
		return err
	}
	// The predefined rule is protected here too: whatever a caller forgets, it stays.
	present, err := list(t.ctx, t.records, doing, text, `SELECT name FROM rules WHERE id = ?`, rule.ID)
	if err != nil {
		return err
	}
	if len(present) > 0 && present[0] == engine.InternetRuleName && rule.Name != engine.InternetRuleName {
		return fmt.Errorf("%s: %w", doing, engine.ErrPredefined)
	}
	var reason, until, schedule, unit, relaxedUnit sql.NullString
	var limit, relaxed sql.NullInt64
	var neverRestores sql.NullBool
	if rule.Exempt != nil {
		reason = sql.NullString{String: rule.Exempt.Reason, Valid: true}
		if rule.Exempt.Until != nil {
			until = optional(rule.Exempt.Until.String())
		}
	}
	if rule.Throttle != nil {
		limit, unit = limitColumns(&rule.Throttle.Limit)
		relaxed, relaxedUnit = limitColumns(rule.Throttle.Relaxed)
		neverRestores = sql.NullBool{Bool: rule.Throttle.NeverThrottleRestores, Valid: true}
	}
	source, err := document(rule.Source)
	if err != nil {
		return fmt.Errorf("%s: source: %w", doing, err)
	}
	target, err := document(rule.Target)
	if err != nil {
		return fmt.Errorf("%s: target: %w", doing, err)
	}
	if rule.Schedule != nil {
		hours, err := document(rule.Schedule)
		if err != nil {
			return fmt.Errorf("%s: schedule: %w", doing, err)
		}
		schedule = optional(hours)
	}
	return t.execute(doing, `INSERT INTO rules (id, revision, name, name_folded, enabled, source, target, encrypt, exempt_reason, exempt_until,
			throttle_value, throttle_unit, never_throttle_restores, relaxed_value, relaxed_unit, schedule, comment)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, name = excluded.name, name_folded = excluded.name_folded,
			enabled = excluded.enabled, source = excluded.source, target = excluded.target, encrypt = excluded.encrypt,
			exempt_reason = excluded.exempt_reason, exempt_until = excluded.exempt_until,
			throttle_value = excluded.throttle_value, throttle_unit = excluded.throttle_unit,
			never_throttle_restores = excluded.never_throttle_restores,
			relaxed_value = excluded.relaxed_value, relaxed_unit = excluded.relaxed_unit,
			schedule = excluded.schedule, comment = excluded.comment`,
		rule.ID, rule.Revision, rule.Name, engine.Fold(rule.Name), rule.Enabled, source, target, rule.Encrypt, reason, until,
		limit, unit, neverRestores, relaxed, relaxedUnit, schedule, rule.Comment)
}

func (t *transaction) RemoveRule(id engine.ID) error {
	const doing = "remove a rule"
	name, err := one(t.ctx, t.records, doing, "rule "+string(id), text, `SELECT name FROM rules WHERE id = ?`, id)
	if err != nil {
		return err
	}
	if name == engine.InternetRuleName {
		return fmt.Errorf("%s: %w", doing, engine.ErrPredefined)
	}
	return t.execute(doing, `DELETE FROM rules WHERE id = ?`, id)
}

// settings reads the settings; absent ones have their defaults. Values are not checked again: a time zone that this system does not know must not
// keep the broker from starting.
func (r records) settings(ctx context.Context) (settings engine.Settings, err error) {
	const doing = "read the settings"
	type pair struct{ name, value string }
	pairs, err := list(ctx, r, doing, func(rows *sql.Rows) (p pair, err error) {
		return p, rows.Scan(&p.name, &p.value)
	}, `SELECT name, value FROM settings ORDER BY name`)
	if err != nil {
		return settings, err
	}
	fields := make(map[string]json.RawMessage, len(pairs))
	for _, p := range pairs {
		fields[p.name] = json.RawMessage(p.value)
	}
	all, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(all, &settings)
	}
	return settings, r.file.failed(doing, err)
}

func (t *transaction) PutSettings(settings engine.Settings) error {
	const doing = "save the settings"
	before, err := t.settings(t.ctx)
	if err != nil {
		return err
	}
	all, err := document(settings)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(all), &fields); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := t.execute(doing, `DELETE FROM settings`); err != nil {
		return err
	}
	for name, value := range fields {
		if err := t.execute(doing, `INSERT INTO settings (name, value) VALUES (?, ?)`, name, string(value)); err != nil {
			return err
		}
	}
	for _, name := range settings.Changed(&before) {
		if err := t.countRevision(doing, settingRevision+name); err != nil {
			return err
		}
	}
	return nil
}

func scanPreferredNetworks(rows *sql.Rows) (preferred engine.PreferredNetworks, err error) {
	var networks string
	if err := rows.Scan(&preferred.Mode, &networks); err != nil {
		return preferred, err
	}
	preferred.Networks = []netip.Prefix{}
	return preferred, readDocument("preferred networks", "1", networks, &preferred.Networks)
}

func (t *transaction) PutPreferredNetworks(preferred engine.PreferredNetworks) error {
	const doing = "save the preferred networks"
	if preferred.Networks == nil {
		preferred.Networks = []netip.Prefix{}
	}
	networks, err := document(preferred.Networks)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := t.execute(doing, `INSERT INTO preferred_networks (id, mode, networks) VALUES (1, ?, ?)
		ON CONFLICT (id) DO UPDATE SET mode = excluded.mode, networks = excluded.networks`, preferred.Mode, networks); err != nil {
		return err
	}
	return t.countRevision(doing, preferredRevision)
}
