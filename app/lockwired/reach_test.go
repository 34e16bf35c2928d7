package main

import (
	"errors"
	"path/filepath"
	"testing"

	"lockwire/app/server"
)

func TestCommandsFindTheSystemsBrokerWhereTheUserHasNoInstallation(t *testing.T) {
	system, missing := serve(t), filepath.Join(t.TempDir(), "data")
	want, closing, err := server.Attach(t.Context(), system)
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	there, err := want.Installation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	own := serve(t)
	for name, test := range map[string]struct {
		path    string
		chosen  bool
		system  string
		reaches bool // an installation
		itself  bool // and it is the system's
	}{
		"the user has none":                  {missing, false, system, true, true},
		"the user has one":                   {own, false, system, true, false},
		"the user names a folder":            {missing, true, system, false, false},
		"the system has no broker":           {missing, false, filepath.Join(missing, "none"), false, false},
		"the folder is the system's already": {missing, false, missing, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, closing, err := reachHere(t.Context(), server.Options{Path: test.path, Program: "test"}, test.chosen, test.system)
			if !test.reaches {
				if !errors.Is(err, server.ErrNoInstallation) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer closing()
			if got, err := a.Installation(t.Context()); err != nil || (got.ID == there.ID) != test.itself {
				t.Errorf("it reached %v, %v", got, err)
			}
		})
	}
}
