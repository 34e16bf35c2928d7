package engine

import "slices"

// Installed is what an installation is, as far as a file can say it.
type Installed struct {
	RuleSet    RuleSet
	Components []Component
	Services   []Service
	Routes     []Route
	Providers  []Provider
}

// DeclaredOf says by names what an installation is. Revoked components and those of tenants are in no file.
func DeclaredOf(i Installed) Declared {
	d := Declared{Sections: []Section{SectionRules, SectionSettings, SectionPreferred, SectionTags, SectionServices, SectionRoutes}, RuleSet: i.RuleSet}
	names := map[ID]string{}
	for _, c := range i.Components {
		if !c.Revoked.IsZero() || c.Tenant != "" {
			continue
		}
		names[c.ID] = c.Name
		d.Tags = append(d.Tags, DeclaredTags{c.Name, slices.Sorted(slices.Values(c.Tags))})
	}
	providers := map[ID]string{}
	for _, p := range i.Providers {
		providers[p.ID] = p.Name
	}
	services := map[ID]Service{}
	lead := func(s Service) DeclaredLead {
		return DeclaredLead{Target: names[s.Target], Backend: s.Backend, Provider: providers[s.Provider], Remote: s.Remote}
	}
	for _, s := range i.Services {
		services[s.ID] = s
		if s.MadeFor == "" {
			d.Services = append(d.Services, DeclaredService{s.Name, lead(s)})
		}
	}
	for _, r := range i.Routes {
		route := DeclaredRoute{Name: r.Name, Source: []string{}, Listen: r.Listen, Direction: r.Direction, LingerSeconds: r.LingerSeconds, Streams: r.Streams, Enabled: r.Enabled}
		if r.SourceTag != "" {
			route.Source = append(route.Source, "tag:"+r.SourceTag)
		}
		for _, id := range r.Sources {
			if name := names[id]; name != "" {
				route.Source = append(route.Source, name)
			}
		}
		if service := services[r.Service]; service.MadeFor == r.ID {
			own := lead(service)
			route.Own = &own
		} else {
			route.Service = service.Name
		}
		d.Routes = append(d.Routes, route)
	}
	return d
}
