package administration

import (
	"net/netip"
	"slices"
	"testing"

	"lockwire/engine"
)

func TestPreferredNetworksThatOnlyOneEndHasAreNamedBeforeTheyAreSaved(t *testing.T) {
	const (
		apart  = "route nightly from source to target: target has no address in a preferred network, so its sessions "
		nobody = "no component has an address in 10.9.0.0/16"
	)
	tests := map[string]struct {
		mode     engine.PreferredMode
		networks []string
		want     []string
	}{
		"both have one":            {engine.PreferredRequire, []string{"10.0.0.0/24"}, nil},
		"each in its own":          {engine.PreferredRequire, []string{"10.0.0.1/32", "10.0.0.2/32"}, nil},
		"one has one":              {engine.PreferredPrefer, []string{"10.0.0.1/32"}, []string{apart + "use other addresses"}},
		"and one is required":      {engine.PreferredRequire, []string{"10.0.0.1/32"}, []string{apart + "are refused"}},
		"nobody has one":           {engine.PreferredPrefer, []string{"10.0.0.0/24", "10.9.0.0/16"}, []string{nobody}},
		"off":                      {engine.PreferredOff, []string{"10.0.0.1/32", "10.9.0.0/16"}, nil},
		"none, and it is required": {engine.PreferredRequire, nil, []string{"there is no preferred network, and one is required: every session between two machines is refused"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			change := engine.Change{Preferred: &engine.PreferredChange{Networks: engine.PreferredNetworks{Mode: test.mode}}}
			for _, network := range test.networks {
				change.Preferred.Networks.Networks = append(change.Preferred.Networks.Networks, netip.MustParsePrefix(network))
			}
			effect, err := f.Preview(t.Context(), f.reread(t, change))
			if err != nil || !slices.Equal(effect.Warnings, test.want) {
				t.Errorf("warned of %q, %v", effect.Warnings, err)
			}
		})
	}
}
