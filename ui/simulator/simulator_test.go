package simulator

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// simulatorOf is the simulator of a stage with two components, a route between them, and a machine with a public address.
func simulatorOf(t *testing.T) (*uitest.Stage, *view) {
	t.Helper()
	s := uitest.NewStage(t)
	s.Link(t)
	s.Join(t, map[string]string{"web": "203.0.113.7"})
	return s, New(s.Console).(*view)
}

func TestTheSimulatorBeginsWithThePairThatTalkedLast(t *testing.T) {
	for _, test := range []struct {
		name     string
		sessions func(id func(string) engine.ID) []engine.Session
		routed   bool
		want     string
		same     bool
	}{
		{"nobody talked", func(func(string) engine.ID) []engine.Session { return nil }, false, " ", false},
		{"a route", func(func(string) engine.ID) []engine.Session { return nil }, true, "fileserver vault", false},
		{"the youngest session", func(id func(string) engine.ID) []engine.Session {
			return []engine.Session{
				{ID: "2", Source: id("web"), Target: id("vault"), Began: uitest.Moment.Add(-time.Minute)},
				{ID: "1", Source: id("fileserver"), Target: id("web"), Began: uitest.Moment},
			}
		}, true, "fileserver web", false},
		{"one machine", func(id func(string) engine.ID) []engine.Session {
			session := engine.Session{ID: "1", Source: id("vault"), Target: id("web"), Began: uitest.Moment}
			session.Decision.By = engine.BySameMachine
			return []engine.Session{session}
		}, false, "vault web", true},
		{"a session of one that is gone", func(id func(string) engine.ID) []engine.Session {
			return []engine.Session{{ID: "1", Source: "gone", Target: id("web"), Began: uitest.Moment}}
		}, true, "fileserver vault", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, page := simulatorOf(t)
			state := s.State(t)
			id := func(name string) engine.ID {
				for _, component := range state.Components {
					if component.Name == name {
						return component.ID
					}
				}
				t.Fatalf("no component %s", name)
				return ""
			}
			state.Sessions = test.sessions(id)
			if test.routed {
				state.Routes = []engine.RouteStatus{{Route: engine.Route{Sources: []engine.ID{"gone", id("fileserver")}}, Target: id("vault")}}
			}
			s.Window.SetContent(page.Content())
			page.Update(state)
			if got := page.source.Text + " " + page.target.Text; got != test.want || page.sameHost.Checked != test.same {
				t.Errorf("it begins with %q, one machine %v", got, page.sameHost.Checked)
			}
			if asked := page.asked > 0; asked != (test.want != " ") {
				t.Errorf("asked: %v", asked)
			}
			page.source.SetText("vault")
			page.target.SetText("")
			page.Update(state)
			if page.source.Text != "vault" || page.target.Text != "" {
				t.Error("what was typed is replaced")
			}
		})
	}
}

func TestTheSimulatorOpensAPair(t *testing.T) {
	s, opened := simulatorOf(t)
	s.Show(t, opened)
	opened.tabs.SelectIndex(allPairsTab)
	opened.Open(page.PairThing("fileserver", "web"))
	if shown := screen.Text(s.Window.Content()); opened.tabs.SelectedIndex() != 0 || !strings.Contains(shown, "Sealed, because of automatic (public address)") {
		t.Errorf("it shows\n%s", shown)
	}
	opened.sameHost.SetChecked(true)
	opened.decide()
	if shown := screen.Text(s.Window.Content()); !strings.Contains(shown, "Plain, because of same machine") {
		t.Errorf("for one machine it shows\n%s", shown)
	}
}

// Typing, a click on the direction and another rule each change the answer; nothing has to be pressed for it.
func TestTheSimulatorAnswersAsOneChangesIt(t *testing.T) {
	s, p := simulatorOf(t)
	s.Show(t, p)
	shows := func(words string) {
		t.Helper()
		if shown := screen.Text(p.Content()); !strings.Contains(shown, words) {
			t.Errorf("%q is not in\n%s", words, shown)
		}
	}
	canvas := s.Window.Canvas()
	canvas.Focus(p.source)
	screen.TypeText(canvas, "fileserver")
	shows("Pick two components")
	canvas.Focus(p.target)
	screen.TypeText(canvas, "203.0.113.9")
	shows("fileserver to 203.0.113.9, backup")
	shows("Sealed, because of automatic (public address)")
	canvas.Focus(p.target)
	for range len("203.0.113.9") {
		screen.TypeKey(canvas, fyne.KeyBackspace)
	}
	shows("Pick two components")
	screen.TypeText(canvas, "va")
	shows("no component has that name")
	shows("Pick two components")
	screen.TypeKey(canvas, fyne.KeyReturn) // takes what is offered
	if p.target.Text != "vault" {
		t.Fatalf("the target is %q", p.target.Text)
	}
	shows("Plain: nothing requires encryption")
	p.operation.SetSelected("restore")
	shows("fileserver to vault, restore")
	test.Tap(p.sameHost)
	shows("Plain, because of same machine")
	test.Tap(p.sameHost)
	s.Put(t, "Nightly", "component:fileserver", "component:vault", nil)
	state := s.State(t)
	state.Revision++
	p.Update(state)
	shows("Sealed, because of rule Nightly")
	screen.Walk(p.answer, func(o fyne.CanvasObject) {
		if icon, is := o.(*widget.Icon); is && icon.Resource != nil && strings.Contains(icon.Resource.Name(), "radio") {
			t.Errorf("a step has the sign %s", icon.Resource.Name())
		}
	})
}

// An answer that comes after another question was asked is dropped, whichever comes first.
func TestTheSimulatorDropsAnswersToOlderQuestions(t *testing.T) {
	s, p := simulatorOf(t)
	s.Show(t, p)
	type asked struct {
		work func(context.Context) error
		done func(error)
	}
	var waiting []asked
	s.Background = func(work func(context.Context) error, done func(error)) { waiting = append(waiting, asked{work, done}) }
	p.fill("fileserver", "vault", false)
	p.sameHost.SetChecked(true)
	if len(waiting) != 2 {
		t.Fatalf("%d questions", len(waiting))
	}
	for _, at := range []int{1, 0} {
		waiting[at].done(waiting[at].work(t.Context()))
	}
	screen.MustContain(t, screen.Text(p.Content()), "Plain, because of same machine")
}

// What is typed without a pause is asked once.
func TestTheSimulatorWaitsForAPauseInTyping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, p := simulatorOf(t)
		s.TypingPause = time.Minute
		var asked atomic.Int64 // by a goroutine of the question's own
		answers := make(chan func(), 10)
		p.console.Admin = &counting{s.Local, &asked}
		s.Background = func(work func(context.Context) error, done func(error)) {
			go func() {
				err := work(t.Context())
				answers <- func() { done(err) } // for Fyne's goroutine, which is the test's
			}()
		}
		p.state = s.State(t)
		p.filling = true
		p.source.SetText("fileserver")
		p.filling = false
		for n := range len("vault") {
			p.target.SetText("vault"[:n+1])
			synctest.Wait()
		}
		if n := asked.Load(); n != 0 {
			t.Errorf("asked %d times while typing", n)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		for len(answers) > 0 {
			(<-answers)()
		}
		if n := asked.Load(); n != 1 || p.answered != page.PairThing("fileserver", "vault") {
			t.Errorf("asked %d times, and shows %q", n, p.answered)
		}
	})
}

// counting counts the questions.
type counting struct {
	engine.Administration
	asked *atomic.Int64
}

func (c *counting) Explain(ctx context.Context, question engine.Question) (engine.Decision, error) {
	c.asked.Add(1)
	return c.Administration.Explain(ctx, question)
}
