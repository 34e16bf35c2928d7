package main

import (
	"os"
	"strings"
	"testing"
)

func TestF1AndEscWorkWhateverHasTheKeyboard(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool")
	s := open(t, build(t, "migrated_fynedo,no_emoji"), "--try", "--page", "rules")
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
