package engine

import "slices"

// Difference is a field that two copies of one thing have differently, in words.
type Difference struct {
	Field  string
	Mine   string
	Theirs string
}

// Conflict says what a refused edit and what is there now have differently. Name gives the name of a component or service by its id.
func Conflict(change Change, now Present, name func(ID) string) []Difference {
	return Differences(change.made(now), now, name)
}

// Differences says what two copies of one thing have differently.
func Differences(mine, now Present, name func(ID) string) []Difference {
	switch {
	case now.Rule != nil && mine.Rule != nil:
		return differences(mine.Rule, now.Rule, ruleFields)
	case now.Route != nil && mine.Route != nil:
		return append(differences(mine.Route, now.Route, routeFields(name)), backendDifferences(&mine, &now, name)...)
	case now.Service != nil && mine.Service != nil:
		return differences(mine.Service, now.Service, serviceFields(name))
	case now.Component != nil && mine.Component != nil:
		return differences(mine.Component, now.Component, componentFields)
	case now.Tenant != nil && mine.Tenant != nil:
		return differences(mine.Tenant, now.Tenant, tenantFields(name))
	case now.Preferred != nil && mine.Preferred != nil:
		return differences(mine.Preferred, now.Preferred, preferredFields)
	case now.Settings != nil && mine.Settings != nil:
		var all []Difference
		for _, setting := range settings {
			if m, t := setting.get(mine.Settings), setting.get(now.Settings); m != t {
				all = append(all, Difference{setting.Words, m, t})
			}
		}
		return all
	}
	return nil
}

// backendDifferences says where two copies of a route lead differently. Which service is a route's own, no editor says: of such a one
// target and backend are compared.
func backendDifferences(mine, now *Present, name func(ID) string) []Difference {
	leadsTo := func(p *Present) string {
		if p.Service == nil {
			return name(p.Route.Service)
		}
		if p.Service.MadeFor == p.Route.ID {
			return "a backend of its own"
		}
		return p.Service.Name
	}
	var all []Difference
	if m, t := leadsTo(mine), leadsTo(now); m != t {
		all = append(all, Difference{"service", m, t})
	}
	if mine.Service != nil && now.Service != nil {
		all = append(all, differences(mine.Service, now.Service, backendFields(name))...)
	}
	return all
}

// Again is a refused edit made anew on what is there now: it puts what it has over it. What was removed is added anew.
func (c Change) Again(now Present) Change {
	switch {
	case now.Removed && c.EditRule != nil:
		rule := c.EditRule.Clone()
		rule.ID, rule.Revision = "", 0
		return Change{AddRule: &rule}
	case now.Removed && c.PutRoute != nil:
		edit := *c.PutRoute
		edit.Route.ID, edit.Route.Revision = "", 0
		if edit.Own != nil {
			own := *edit.Own
			own.Revision = 0
			edit.Own = &own
		}
		c.PutRoute = &edit
	case now.Rule != nil && c.EditRule != nil:
		rule := c.EditRule.Clone()
		rule.Revision = now.Rule.Revision
		c.EditRule = &rule
	case now.Rule != nil && c.EditRules != nil:
		edits := *c.EditRules
		edits.Put = slices.Clone(edits.Put)
		for i := range edits.Put {
			if edits.Put[i].ID == now.Rule.ID {
				edits.Put[i].Revision = now.Rule.Revision
			}
		}
		c.EditRules = &edits
	case now.Route != nil && c.PutRoute != nil:
		edit := *c.PutRoute
		edit.Route.Revision = now.Route.Revision
		if edit.Own != nil {
			own := *edit.Own
			own.Revision = 0
			if now.Service != nil && now.Service.MadeFor == now.Route.ID {
				own.Revision = now.Service.Revision
			}
			edit.Own = &own
		}
		c.PutRoute = &edit
	case now.Component != nil && c.Tags != nil:
		c.Tags = &TagChange{c.Tags.Component, now.Component.Revision, c.Tags.Tags}
	case now.Component != nil && c.Rename != nil:
		c.Rename = &Renaming{c.Rename.Component, now.Component.Revision, c.Rename.Name}
	case now.Component != nil && c.Limit != nil:
		c.Limit = &LimitChange{c.Limit.Component, now.Component.Revision, c.Limit.Limit}
	case now.Settings != nil && c.Setting != nil:
		c.Setting = &SettingChange{c.Setting.Name, c.Setting.Value, now.Revision}
	case now.Settings != nil && c.ReplaceOverride != nil:
		replacement := *c.ReplaceOverride
		replacement.Revision = now.Revision
		c.ReplaceOverride = &replacement
	case now.Preferred != nil && c.Preferred != nil:
		c.Preferred = &PreferredChange{c.Preferred.Networks, now.Revision}
	}
	return c
}

// CanBeAddedAnew tells whether Again adds what was removed.
func (c Change) CanBeAddedAnew() bool { return c.EditRule != nil || c.PutRoute != nil }

// made is the thing as an edit would have it. An edit of one field leaves the others as they are now.
func (c Change) made(now Present) Present {
	switch {
	case now.Rule != nil && c.EditRule != nil:
		return Present{Rule: c.EditRule}
	case now.Rule != nil && c.EditRules != nil:
		for i := range c.EditRules.Put {
			if c.EditRules.Put[i].ID == now.Rule.ID {
				return Present{Rule: &c.EditRules.Put[i]}
			}
		}
	case now.Route != nil && c.PutRoute != nil:
		mine := Present{Route: &c.PutRoute.Route}
		if own := c.PutRoute.Own; own != nil {
			mine.Service = &Service{MadeFor: mine.Route.ID}
			own.Lead(mine.Service)
		} else if now.Service != nil && now.Service.ID == mine.Route.Service {
			mine.Service = now.Service
		}
		return mine
	case now.Component != nil:
		component := *now.Component
		switch {
		case c.Tags != nil:
			component.Tags = slices.Sorted(slices.Values(c.Tags.Tags))
		case c.Rename != nil:
			component.Name = c.Rename.Name
		case c.Limit != nil:
			component.LocalLimit = c.Limit.Limit
		}
		return Present{Component: &component}
	case now.Settings != nil && c.Setting != nil:
		settings := *now.Settings
		_ = settings.Set(c.Setting.Name, c.Setting.Value) // one that cannot be set was refused for that
		return Present{Settings: &settings}
	case now.Settings != nil && c.ReplaceOverride != nil:
		settings := *now.Settings
		settings.DisablePublicIPTrafficEncryption = 0
		return Present{Settings: &settings}
	case now.Preferred != nil && c.Preferred != nil:
		return Present{Preferred: &c.Preferred.Networks}
	}
	return Present{}
}
