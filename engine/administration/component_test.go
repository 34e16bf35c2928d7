package administration

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
)

func TestChangesOfComponentsThatAreRefused(t *testing.T) {
	f := newFixture(t)
	gone := component(t, "gone", "10.0.0.3")
	gone.Revoked = moment
	if err := f.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutComponent(gone) }); err != nil {
		t.Fatal(err)
	}
	nobody := engine.NewID()
	many := make([]string, engine.MaximumTags+1)
	for i := range many {
		many[i] = "t" + strings.Repeat("x", i%60) + string(rune('a'+i%26)) + strings.Repeat("y", i/26)
	}
	tests := map[string]struct {
		change engine.Change
		is     error
		field  string
	}{
		"nothing":                      {engine.Change{}, nil, ""},
		"tags of nobody":               {engine.Change{Tags: &engine.TagChange{Component: nobody}}, engine.ErrNotFound, ""},
		"tags of a revoked one":        {engine.Change{Tags: &engine.TagChange{Component: gone.ID}}, engine.ErrNotFound, ""},
		"a tag that is none":           {engine.Change{Tags: &engine.TagChange{Component: f.target.ID, Tags: []string{"Two Words"}}}, nil, "tags"},
		"a tag twice":                  {engine.Change{Tags: &engine.TagChange{Component: f.target.ID, Tags: []string{"a", "a"}}}, nil, "tags"},
		"too many tags":                {engine.Change{Tags: &engine.TagChange{Component: f.target.ID, Tags: many}}, nil, "tags"},
		"renaming nobody":              {engine.Change{Rename: &engine.Renaming{Component: nobody, Name: "x"}}, engine.ErrNotFound, ""},
		"a name that is a tag":         {engine.Change{Rename: &engine.Renaming{Component: f.target.ID, Name: "tag:x"}}, nil, "name"},
		"a name that is taken":         {engine.Change{Rename: &engine.Renaming{Component: f.target.ID, Name: "SOURCE"}}, engine.ErrNameTaken, "name"},
		"no name":                      {engine.Change{Rename: &engine.Renaming{Component: f.target.ID}}, nil, "name"},
		"a limit of nothing":           {engine.Change{Limit: &engine.LimitChange{Component: f.target.ID, Limit: &engine.Limit{Unit: engine.MegabytesPerSecond}}}, nil, ""},
		"a limit without unit":         {engine.Change{Limit: &engine.LimitChange{Component: f.target.ID, Limit: &engine.Limit{Value: 1}}}, nil, ""},
		"a limit of nobody":            {engine.Change{Limit: &engine.LimitChange{Component: nobody}}, engine.ErrNotFound, ""},
		"revoking nobody":              {engine.Change{Revoke: []engine.ID{nobody}}, engine.ErrNotFound, ""},
		"revoking somebody and nobody": {engine.Change{Revoke: []engine.ID{f.target.ID, nobody}}, engine.ErrNotFound, ""},
		"revoking somebody twice":      {engine.Change{Revoke: []engine.ID{f.target.ID, f.target.ID}}, engine.ErrNotFound, ""},
		"editing a rule that is none":  {engine.Change{EditRule: &engine.Rule{ID: nobody, Name: "x"}}, engine.ErrNotFound, ""},
		"removing a rule that is none": {engine.Change{RemoveRule: nobody}, engine.ErrNotFound, ""},
		"a setting that is none":       {engine.Change{Setting: &engine.SettingChange{Name: "Nothing", Value: "1"}}, engine.ErrNotFound, ""},
		"a setting's wrong value":      {engine.Change{Setting: &engine.SettingChange{Name: "DisablePublicIPTrafficEncryption", Value: "2"}}, nil, "DisablePublicIPTrafficEncryption"},
		"a mode that is none":          {engine.Change{Preferred: &engine.PreferredChange{Networks: engine.PreferredNetworks{Mode: "maybe"}}}, nil, "mode"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := f.Apply(t.Context(), f.reread(t, test.change), engine.Confirmation{})
			if err == nil || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v, wanted %v", err, test.is)
			}
			var field *engine.FieldError
			if test.field != "" && (!errors.As(err, &field) || field.Field != test.field) {
				t.Errorf("%v, wanted a refusal of the field %s", err, test.field)
			}
			if _, previewErr := f.Preview(t.Context(), f.reread(t, test.change)); previewErr == nil {
				t.Error("a preview took it")
			}
		})
	}
}

func TestTagsAndLimitsAreKept(t *testing.T) {
	f := newFixture(t)
	f.apply(t, engine.Change{Tags: &engine.TagChange{Component: f.target.ID, Tags: []string{"vault", "berlin"}}})
	limit := engine.Limit{Value: 5, Unit: engine.MegabytesPerSecond}
	f.apply(t, engine.Change{Limit: &engine.LimitChange{Component: f.target.ID, Limit: &limit}})
	kept := f.component(t, f.target.ID)
	if !slices.Equal(kept.Tags, []string{"berlin", "vault"}) || kept.LocalLimit == nil || *kept.LocalLimit != limit {
		t.Errorf("kept %v, %v", kept.Tags, kept.LocalLimit)
	}
	f.apply(t, engine.Change{Limit: &engine.LimitChange{Component: f.target.ID}})
	if kept := f.component(t, f.target.ID); kept.LocalLimit != nil {
		t.Errorf("the limit is still %v", kept.LocalLimit)
	}
}

func (f *fixture) component(t *testing.T, id engine.ID) engine.Component {
	t.Helper()
	components, err := f.Store.Components(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(components, func(c engine.Component) bool { return c.ID == id })
	if at < 0 {
		t.Fatal("it is not there")
	}
	return components[at]
}

// TestARenamingReachesRulesWhateverTheCase guards against a rule that would go on naming nobody, and so leave traffic plain.
func TestARenamingReachesRulesWhateverTheCase(t *testing.T) {
	f := newFixture(t)
	rule := encryptRule("Nightly")
	named, _ := engine.ParseSelector("component:TARGET")
	tag, _ := engine.ParseSelector("tag:target")
	rule.Target = []engine.Selector{named, tag}
	f.apply(t, engine.Change{AddRule: &rule})
	effect, err := f.Apply(t.Context(), engine.Change{Rename: &engine.Renaming{Component: f.target.ID, Name: "vault-2"}}, engine.Confirmation{})
	if err != nil || len(effect.Links) != 0 {
		t.Errorf("%v, decisions changed: %+v", err, effect.Links)
	}
	stored := f.rule(t, "Nightly")
	if stored.Target[0].String() != "component:vault-2" || stored.Target[1].String() != "tag:target" || stored.Revision != 2 {
		t.Errorf("the rule names %v, revision %d", stored.Target, stored.Revision)
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{Thing: "Nightly"})
	if err != nil || len(entries) != 2 || entries[0].What != "rule.edit" {
		t.Errorf("the rule's audit: %+v, %v", entries, err)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct {
		request engine.TokenRequest
		field   string
	}{
		"no name":               {engine.TokenRequest{Kind: engine.JoinComponent, Role: engine.Tape}, "name"},
		"no role":               {engine.TokenRequest{Kind: engine.JoinComponent, Name: "x"}, "role"},
		"an unknown role":       {engine.TokenRequest{Kind: engine.JoinComponent, Name: "x", Role: "pirate"}, "role"},
		"a bad tag":             {engine.TokenRequest{Kind: engine.JoinComponent, Name: "x", Role: engine.Tape, Tags: []string{"A B"}}, "tags"},
		"a taken name":          {engine.TokenRequest{Kind: engine.JoinComponent, Name: "Target", Role: engine.Tape}, "name"},
		"an administrator's":    {engine.TokenRequest{Kind: engine.JoinAdministrator, Name: "Ann", Administrator: "all"}, "role"},
		"an unknown kind":       {engine.TokenRequest{Kind: "ghost", Name: "x"}, "kind"},
		"an address that isn't": {engine.TokenRequest{Kind: engine.JoinComponent, Name: "x", Role: engine.Tape, Addresses: []string{"nowhere"}}, ""},
	} {
		_, err := f.NewToken(t.Context(), test.request)
		var field *engine.FieldError
		if err == nil || test.field != "" && (!errors.As(err, &field) || field.Field != test.field) {
			t.Errorf("%s: %v, wanted a refusal of the field %s", name, err, test.field)
		}
	}
}
