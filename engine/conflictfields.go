package engine

import (
	"fmt"
	"slices"
	"strings"
)

// namedField gives one field of a thing in words.
type namedField[T any] struct {
	name string
	text func(*T) string
}

func differences[T any](mine, theirs *T, fields []namedField[T]) []Difference {
	var all []Difference
	for _, field := range fields {
		if m, t := field.text(mine), field.text(theirs); m != t {
			all = append(all, Difference{field.name, m, t})
		}
	}
	return all
}

// RuleDifferences says in which fields two rules differ, in the order of the editor.
func RuleDifferences(mine, theirs *Rule) []Difference { return differences(mine, theirs, ruleFields) }

var ruleFields = []namedField[Rule]{
	{"name", func(r *Rule) string { return r.Name }},
	{"on or off", func(r *Rule) string { return OnOff(r.Enabled) }},
	{"source", func(r *Rule) string { return SelectorsInWords(r.Source) }},
	{"target", func(r *Rule) string { return SelectorsInWords(r.Target) }},
	{"encrypt", func(r *Rule) string { return OnOff(r.Encrypt) }},
	{"limit", func(r *Rule) string { return r.Throttle.InWords() }},
	{"hours", func(r *Rule) string { return r.Schedule.InWords() }},
	{"trusted link", func(r *Rule) string {
		switch {
		case r.Exempt == nil:
			return "no"
		case r.Exempt.Until == nil:
			return r.Exempt.Reason
		}
		return r.Exempt.Reason + ", until " + r.Exempt.Until.String()
	}},
	{"comment", func(r *Rule) string { return r.Comment }},
}

func routeFields(name func(ID) string) []namedField[Route] {
	return []namedField[Route]{
		{"name", func(r *Route) string { return r.Name }},
		{"on or off", func(r *Route) string { return OnOff(r.Enabled) }},
		{"sources", func(r *Route) string {
			if r.SourceTag != "" {
				return "tag:" + r.SourceTag
			}
			var names []string
			for _, id := range r.Sources {
				names = append(names, name(id))
			}
			return strings.Join(names, ", ")
		}},
		{"listen", func(r *Route) string { return r.Listen }},
		{"direction", func(r *Route) string { return string(r.Direction) }},
		{"linger", func(r *Route) string { return fmt.Sprintf("%d s", r.LingerSeconds) }},
		{"streams", func(r *Route) string { return fmt.Sprint(r.Streams) }},
	}
}

func serviceFields(name func(ID) string) []namedField[Service] {
	return append([]namedField[Service]{{"name", func(s *Service) string { return s.Name }}}, backendFields(name)...)
}

// backendFields are those of a service that a route has for itself, with the route's name.
func backendFields(name func(ID) string) []namedField[Service] {
	return []namedField[Service]{
		{"target", func(s *Service) string { return name(s.Target) }},
		{"backend", func(s *Service) string { return s.Backend }},
		{"provider", func(s *Service) string { return string(s.Provider) }},
		{"service of the provider", func(s *Service) string { return string(s.Remote) }},
	}
}

var componentFields = []namedField[Component]{
	{"name", func(c *Component) string { return c.Name }},
	{"tags", func(c *Component) string { return strings.Join(c.Tags, ", ") }},
	{"limit", func(c *Component) string { return limitOrNone(c.LocalLimit) }},
}

var preferredFields = []namedField[PreferredNetworks]{
	{"mode", func(p *PreferredNetworks) string { return string(p.Mode) }},
	{"networks", func(p *PreferredNetworks) string {
		var networks []string
		for _, network := range p.Networks {
			networks = append(networks, network.String())
		}
		return strings.Join(networks, ", ")
	}},
}

func tenantFields(name func(ID) string) []namedField[Tenant] {
	return []namedField[Tenant]{
		{"name", func(t *Tenant) string { return t.Name }},
		{"on or off", func(t *Tenant) string { return OnOff(!t.Disabled) }},
		{"services", func(t *Tenant) string {
			names := make([]string, len(t.Services))
			for i, id := range t.Services {
				names[i] = name(id)
			}
			slices.Sort(names)
			return strings.Join(names, ", ")
		}},
		{"limit", func(t *Tenant) string { return limitOrNone(t.Limit) }},
		{"quota", func(t *Tenant) string {
			if t.Quota == 0 {
				return "none"
			}
			return FormatSize(t.Quota)
		}},
		{"last day", func(t *Tenant) string {
			if t.Until == nil {
				return "none"
			}
			return t.Until.String()
		}},
	}
}

func limitOrNone(limit *Limit) string {
	if limit == nil {
		return "none"
	}
	return limit.String()
}

// OnOff says whether something is on.
func OnOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
