package ui

import (
	"context"
	"strings"
	"testing"

	"lockwire/engine"
)

func TestAnOvertakenQuestionNeverAnswers(t *testing.T) {
	s := newStage(t)
	var waiting []func()
	s.Console.Background = func(work func(context.Context) error, done func(error)) {
		waiting = append(waiting, func() { done(work(t.Context())) })
	}
	p := newEffectPanel(s.Console, nil)
	first, second := engine.InternetRule(), engine.InternetRule()
	first.Name, second.Name = "first", "second"
	p.ask(engine.Change{AddRule: &first})
	p.ask(engine.Change{AddRule: &second})
	waiting[1]()
	words := textOf(p.content)
	if !strings.Contains(words, "matches") {
		t.Fatalf("the newest answer is not shown: %q", words)
	}
	waiting[0]()
	if now := textOf(p.content); now != words {
		t.Errorf("the older answer took its place: %q", now)
	}
}
