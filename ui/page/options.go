package page

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/text"
)

// ComponentOptions are the components that are not revoked, by name, with what else finds them: role, tags and addresses.
func ComponentOptions(state *model.State) []kit.Option {
	var options []kit.Option
	for i := range state.Components {
		if c := &state.Components[i]; c.Revoked.IsZero() {
			options = append(options, ComponentOption(&c.Component))
		}
	}
	return SortOptions(options)
}

// shownAddresses is how many addresses of a component its option has.
const shownAddresses = 4

// ComponentOption is one component as a list offers it.
func ComponentOption(c *engine.Component) kit.Option {
	parts := []string{string(c.Role)}
	if !c.Revoked.IsZero() {
		parts = append(parts, "revoked")
	}
	for _, tag := range c.Tags {
		parts = append(parts, "tag:"+tag)
	}
	addresses := c.Addresses()
	for _, a := range addresses[:min(len(addresses), shownAddresses)] {
		parts = append(parts, a.Address.String())
	}
	return kit.Option{Name: c.Name, About: strings.Join(parts, ", ")}
}

// TagOptions are the tags that components carry, with how many do.
func TagOptions(state *model.State) []kit.Option {
	return counted(state, func(c *engine.Component) []string { return c.Tags })
}

// RoleOptions are the roles that components have, with how many do.
func RoleOptions(state *model.State) []kit.Option {
	return counted(state, func(c *engine.Component) []string { return []string{string(c.Role)} })
}

// counted are words of the components, with how many have each.
func counted(state *model.State, words func(*engine.Component) []string) []kit.Option {
	count := map[string]int{}
	for i := range state.Components {
		if c := &state.Components[i]; c.Revoked.IsZero() {
			for _, word := range words(&c.Component) {
				count[word]++
			}
		}
	}
	var options []kit.Option
	for _, word := range slices.Sorted(maps.Keys(count)) {
		options = append(options, kit.Option{Name: word, About: text.Count(count[word], "component", "components")})
	}
	return options
}

// RouteOption is one route as a list offers it.
func RouteOption(r *engine.RouteStatus) kit.Option {
	return kit.Option{Name: r.Name, About: "to " + cmp.Or(r.TargetName, r.ServiceName)}
}

// SortOptions sorts options by name, whatever the case of its letters.
func SortOptions(options []kit.Option) []kit.Option {
	slices.SortFunc(options, func(a, b kit.Option) int {
		return text.Compare(a.Name, b.Name)
	})
	return options
}
