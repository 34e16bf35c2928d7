package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestF1AndEscWorkWhateverHasTheKeyboard(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool")
	s := open(t, build(t, released), "--try", "--page", "rules")
	s.engine()
	window := s.window()
	s.wait("the page", func() bool { // the title says so
		out, _ := s.command("xdotool", "getwindowname", window).Output()
		return strings.Contains(string(out), "try-out")
	})
	help := func() bool {
		out, _ := s.command("xdotool", "search", "--onlyvisible", "--name", "^Lockwire help").Output()
		return len(strings.Fields(string(out))) > 0
	}
	for _, stop := range []string{"a button", "a field", "the table"} {
		s.do("windowfocus", "--sync", window, "sleep", "0.3", "key", "Tab", "sleep", "0.3", "key", "F1")
		s.wait("help from "+stop, help)
		s.do("sleep", "0.5", "key", "Tab", "sleep", "0.3", "key", "Escape") // with a link of the help focused
		s.wait("the end of the help from "+stop, func() bool { return !help() })
	}
	s.close(os.Interrupt)
}

func TestSeveralRulesAreTurnedOffAtOnceInTheWindow(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool")
	s := open(t, build(t, released), "--try", "--page", "rules")
	admin := s.engine()
	states := func() string {
		set, err := admin.RuleSet(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, rule := range set.Rules {
			text += fmt.Sprintf("%s %v ", rule.Name, rule.Enabled)
		}
		return text
	}
	s.wait("the try-out's last rule", func() bool { return strings.Contains(states(), "Leased line") })
	before := states()
	question := fmt.Sprintf("Undo: turning off %d rules?", strings.Count(before, "true"))
	off := strings.ReplaceAll(before, "true", "false")
	s.tap("Files to the vault")
	s.do("key", "Home", "key", "shift+End", "key", "space")
	s.see("Cancel") // the question is there, whose button has the word of the page's
	s.tap("Turn off")
	s.wait("all rules are off", func() bool { return states() == off })
	s.wait("the page shows it", func() bool { return !s.shows("on") })
	s.do("key", "ctrl+z")
	s.wait("one undo turns them on again", func() bool {
		if s.shows(question) { // a session that began meanwhile is asked about
			s.tap("Undo")
		}
		return states() == before
	})
	s.close(os.Interrupt)
}
