package simulator

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"lockwire/engine"
	"lockwire/ui/model"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// allPairs opens the coverage of a stage with a route from fileserver to vault and a machine with a public address.
func allPairs(t *testing.T) (*uitest.Stage, *view) {
	t.Helper()
	s := uitest.NewStage(t)
	s.Link(t)
	s.Join(t, map[string]string{"web": "203.0.113.7"})
	page := New(s.Console).(*view)
	s.Show(t, page)
	page.tabs.SelectIndex(allPairsTab)
	page.Update(s.State(t))
	return s, page
}

func TestAllPairsAreShownWithWhatStandsOut(t *testing.T) {
	s, page := allPairs(t)
	shown := screen.Text(s.Window.Content())
	for _, want := range []string{"2 pairs sealed, 1 plain", "fileserver", "web", "2 links of web are sealed only because it has 203.0.113.7"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	rule, _ := s.Rule(t, "Internet")
	rule.Enabled = false
	if _, err := engine.ApplyShown(t.Context(), s.Local, engine.Change{EditRule: &rule}, false, func(engine.Effect) {}); err != nil {
		t.Fatal(err)
	}
	state := s.State(t)
	state.Revision++
	page.Update(state)
	if shown := screen.Text(s.Window.Content()); !strings.Contains(shown, "0 pairs sealed, 3 plain") || !strings.Contains(shown, "although web has the public address") {
		t.Errorf("after a change it shows\n%s", shown)
	}
}

func TestAllPairsSayThatNothingStandsOut(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	page := New(s.Console).(*view)
	s.Show(t, page)
	page.tabs.SelectIndex(allPairsTab)
	page.Update(s.State(t))
	if shown := screen.Text(s.Window.Content()); !strings.Contains(shown, "Nothing: no pair is plain although") {
		t.Errorf("it shows\n%s", shown)
	}
	s.Join(t, map[string]string{"web": "203.0.113.7"})
	state := s.State(t)
	state.Revision++
	page.Update(state)
	if shown := screen.Text(s.Window.Content()); strings.Contains(shown, "Nothing: no pair") || !strings.Contains(shown, "203.0.113.7") {
		t.Errorf("with a public address it shows\n%s", shown)
	}
}

func TestPairsAreFilteredByNameRoleAndRoute(t *testing.T) {
	_, page := allPairs(t)
	names := func() string {
		var all []string
		for _, index := range page.pairs.matrix.shown {
			all = append(all, page.pairs.coverage.Components[index].Name)
		}
		return strings.Join(all, " ")
	}
	test.Type(page.pairs.filter, "WEB serv")
	if got := names(); got != "web" {
		t.Errorf("shown: %s", got)
	}
	page.pairs.filter.SetText("")
	page.pairs.routed.SetChecked(true)
	if got := names(); got != "fileserver vault" {
		t.Errorf("with a route: %s", got)
	}
}

func TestCoverageSaysWhatIsMissing(t *testing.T) {
	s := uitest.NewStage(t)
	page := New(s.Console).(*view)
	s.Show(t, page)
	page.tabs.SelectIndex(allPairsTab)
	s.Broken = errors.New("the broker is away")
	page.Update(s.State(t))
	if shown := screen.Text(s.Window.Content()); !strings.Contains(shown, "the broker is away") {
		t.Errorf("it shows\n%s", shown)
	}
	s.Broken = nil
	page.Update(s.State(t)) // too soon to ask again
	if shown := screen.Text(s.Window.Content()); !strings.Contains(shown, "the broker is away") {
		t.Errorf("it shows\n%s", shown)
	}
	later := s.State(t)
	later.When = later.When.Add(coverageRetry)
	page.Update(later)
	if shown := screen.Text(s.Window.Content()); !strings.Contains(shown, "No pairs yet") {
		t.Errorf("it shows\n%s", shown)
	}
}

func TestCoverageFollowsWhatChangesByItself(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	page := New(s.Console).(*view)
	s.Show(t, page)
	page.tabs.SelectIndex(allPairsTab)
	state := s.State(t)
	page.Update(state)
	asked := page.pairs.number
	session := func(endpoint string) engine.Session {
		return engine.Session{Source: state.Components[0].ID, Target: state.Components[1].ID, Endpoint: endpoint}
	}
	components := func(change func(*engine.ComponentStatus)) func(*model.State) {
		return func(state *model.State) {
			state.Components = slices.Clone(state.Components)
			change(&state.Components[0])
		}
	}
	for _, step := range []struct {
		name   string
		change func(*model.State)
		later  time.Duration
		again  bool
	}{
		{"nothing", func(*model.State) {}, coverageRetry, false},
		{"a role", components(func(c *engine.ComponentStatus) { c.Role = engine.ProviderGateway }), coverageRetry, true},
		{"an address", components(func(c *engine.ComponentStatus) {
			c.Report.Interfaces = []engine.Address{{Address: netip.MustParseAddr("203.0.113.9")}}
		}), coverageRetry, true},
		{"a name", components(func(c *engine.ComponentStatus) { c.Name = "renamed" }), coverageRetry, true},
		{"a tag", components(func(c *engine.ComponentStatus) { c.Tags = []string{"site-a"} }), coverageRetry, true},
		{"revoked", components(func(c *engine.ComponentStatus) { c.Revoked = uitest.Moment }), coverageRetry, true},
		{"a name, at once", components(func(c *engine.ComponentStatus) { c.Name = "again" }), time.Second, false},
		{"a revision, at once", func(state *model.State) { state.Revision++ }, 0, true},
		{"load", components(func(c *engine.ComponentStatus) { c.Load.Cores = []float64{0.5} }), coverageRetry, false},
		{"a session", func(state *model.State) { state.Sessions = []engine.Session{session("10.0.0.2:6171")} }, coverageRetry, true},
		{"one more of the same", func(state *model.State) {
			state.Sessions = []engine.Session{session("10.0.0.2:6171"), session("10.0.0.2:6171")}
		}, coverageRetry, false},
		{"another address used", func(state *model.State) {
			state.Sessions = []engine.Session{session("10.0.0.2:6171"), session("10.0.0.3:6171")}
		}, coverageRetry, true},
		{"the order of sessions", func(state *model.State) { slices.Reverse(state.Sessions) }, coverageRetry, false},
		{"the time", func(*model.State) {}, 15 * time.Minute, true},
	} {
		next := *state
		next.Sessions = slices.Clone(state.Sessions)
		step.change(&next)
		next.When = next.When.Add(step.later)
		page.Update(&next)
		if again := page.pairs.number > asked; again != step.again {
			t.Errorf("%s: asked again %v", step.name, again)
		}
		if asked = page.pairs.number; step.again || step.later >= coverageRetry {
			state = &next
		}
	}
}
