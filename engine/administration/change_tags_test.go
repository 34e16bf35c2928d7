package administration

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"lockwire/engine"
)

// tagsOf gives the tags and the revision of a component in the record.
func (f *fixture) tagsOf(t *testing.T, id engine.ID) ([]string, int64) {
	t.Helper()
	components, err := f.Store.Components(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range components {
		if c.ID == id {
			return c.Tags, c.Revision
		}
	}
	t.Fatalf("no component %s", id)
	return nil, 0
}

func TestTagsOfSeveralComponentsAreOneChange(t *testing.T) {
	f := newFixture(t)
	both := []engine.ID{f.source.ID, f.target.ID}
	f.apply(t, engine.Change{Tags: &engine.TagChange{Component: f.source.ID, Tags: []string{"old", "kept"}}})
	_, untouched := f.tagsOf(t, f.target.ID)
	f.apply(t, engine.Change{EditTags: &engine.TagEdit{Components: both, Remove: []string{"old"}}})
	if _, revision := f.tagsOf(t, f.target.ID); revision != untouched {
		t.Error("a component that the edit leaves as it is was written")
	}
	f.apply(t, engine.Change{EditTags: &engine.TagEdit{Components: both, Add: []string{"branch", "kept"}}})
	for id, want := range map[engine.ID][]string{f.source.ID: {"branch", "kept"}, f.target.ID: {"branch", "kept"}} {
		if tags, _ := f.tagsOf(t, id); !slices.Equal(tags, want) {
			t.Errorf("%s: %v", id, tags)
		}
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var things []string
	for _, entry := range entries {
		things = append(things, entry.What+" "+entry.Thing)
	}
	if want := []string{"component.tag source", "component.tag source", "component.tag source", "component.tag target"}; !slices.Equal(slices.Sorted(slices.Values(things)), want) {
		t.Errorf("the audit has %v", things)
	}
}

func TestTakingATagFromSeveralComponentsAsksAboutTheEncryptionThatIsLost(t *testing.T) {
	f := newFixture(t)
	both := []engine.ID{f.source.ID, f.target.ID}
	f.apply(t, engine.Change{EditTags: &engine.TagEdit{Components: both, Add: []string{"branch"}}})
	rule := encryptRule("Nightly")
	rule.Source, rule.Target = []engine.Selector{selector(t, "tag:branch")}, []engine.Selector{engine.Any}
	f.apply(t, engine.Change{AddRule: &rule})
	one := engine.Change{EditTags: &engine.TagEdit{Components: both[:1], Remove: []string{"branch"}}}
	if effect, err := f.Apply(t.Context(), one, engine.Confirmation{}); err != nil || effect.LosesEncryption() != 0 {
		t.Fatalf("the other one still carries it: %+v, %v", effect, err)
	}
	f.apply(t, engine.Change{EditTags: &engine.TagEdit{Components: both[:1], Add: []string{"branch"}}})
	all := engine.Change{EditTags: &engine.TagEdit{Components: both, Remove: []string{"branch"}}}
	if effect, err := f.Apply(t.Context(), all, engine.Confirmation{}); !errors.Is(err, engine.ErrNeedsConfirmation) || effect.LosesEncryption() == 0 {
		t.Errorf("%+v, %v", effect, err)
	}
	if tags, _ := f.tagsOf(t, f.source.ID); !slices.Equal(tags, []string{"branch"}) {
		t.Errorf("something was changed: %v", tags)
	}
}

func TestAnEditOfTagsIsDoneWholeOrNotAtAll(t *testing.T) {
	f := newFixture(t)
	var many []string
	for i := range engine.MaximumTags {
		many = append(many, fmt.Sprintf("t%d", i))
	}
	f.apply(t, engine.Change{Tags: &engine.TagChange{Component: f.target.ID, Tags: many}})
	both := []engine.ID{f.source.ID, f.target.ID}
	for name, edit := range map[string]engine.TagEdit{
		"nothing":             {Components: both},
		"nobody":              {Add: []string{"x"}},
		"one that is unknown": {Components: []engine.ID{f.source.ID, engine.NewID()}, Add: []string{"x"}},
		"one twice":           {Components: []engine.ID{f.source.ID, f.source.ID}, Add: []string{"x"}},
		"no tag":              {Components: both, Add: []string{"UPPER"}},
		"too many":            {Components: both, Add: []string{"one-more"}},
		"both ways":           {Components: both, Add: []string{"x"}, Remove: []string{"x"}},
	} {
		if _, err := f.Apply(t.Context(), engine.Change{EditTags: &edit}, engine.Confirmation{}); err == nil {
			t.Errorf("%s was done", name)
		}
		if tags, _ := f.tagsOf(t, f.source.ID); len(tags) != 0 {
			t.Errorf("%s: a part of it was done: %v", name, tags)
		}
	}
}
