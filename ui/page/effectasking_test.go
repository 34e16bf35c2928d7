package page_test

import (
	"context"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/ui/page"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestAnOvertakenQuestionNeverAnswers(t *testing.T) {
	s := uitest.NewStage(t)
	var waiting []func()
	s.Console.Background = func(work func(context.Context) error, done func(error)) {
		waiting = append(waiting, func() { done(work(t.Context())) })
	}
	p := page.NewEffectPanel(s.Console, nil)
	first, second := engine.InternetRule(), engine.InternetRule()
	first.Name, second.Name = "first", "second"
	p.Ask(engine.Change{AddRule: &first})
	p.Ask(engine.Change{AddRule: &second})
	waiting[1]()
	words := screen.Text(p.Content)
	if !strings.Contains(words, "matches") {
		t.Fatalf("the newest answer is not shown: %q", words)
	}
	waiting[0]()
	if now := screen.Text(p.Content); now != words {
		t.Errorf("the older answer took its place: %q", now)
	}
}
