//go:build !windows

package main

import (
	"slices"
	"testing"

	"lockwire/ui/text"
)

func TestTheLocaleOfEachThingIsTheOneOfTheEnvironment(t *testing.T) {
	t.Cleanup(func() { text.Use(text.NewLocale("", "", "")) })
	for _, test := range []struct {
		name        string
		environment map[string]string
		want        []string
	}{
		{"nothing is set", nil, []string{"2027-01-31", "1,234"}},
		{"one language for all", map[string]string{"LANG": "de_DE.UTF-8"}, []string{"31.01.2027", "1.234"}},
		{"times apart", map[string]string{"LANG": "en_US.UTF-8", "LC_TIME": "en_GB.UTF-8"}, []string{"31/01/2027", "1,234"}},
		{"numbers apart", map[string]string{"LANG": "en_US.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"}, []string{"01/31/2027", "1.234"}},
		{"all overruled", map[string]string{"LANG": "en_US.UTF-8", "LC_TIME": "en_GB.UTF-8", "LC_ALL": "C"}, []string{"2027-01-31", "1,234"}},
	} {
		text.Use(systemLocale(func(name string) string { return test.environment[name] }))
		if got := []string{text.ExampleDay(), text.Number(1234)}; !slices.Equal(got, test.want) {
			t.Errorf("%s: written as %q, want %q", test.name, got, test.want)
		}
	}
}
