package ui

import (
	"strings"

	"lockwire/ui/grid"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// findable is one thing that Ctrl+K can find, or do.
type findable struct {
	text string // what is shown
	also string // what it is found by besides
	run  func()
}

// findGroup are the things of one kind.
type findGroup struct {
	title string
	of    []findable
}

// foundKinds are the titles over what the pages find, by the page, in their order.
var foundKinds = []struct{ page, title string }{
	{"rules", "Rules"}, {"components", "Components"}, {"routes", "Routes"}, {"sessions", "Sessions"}, {"tenants", "Tenants"}, {"providers", "Providers"}, {"settings", "Settings"},
}

// findGroups are all things that can be found in a state. Actions come first: what the user may not do is not among them.
func (s *Shell) findGroups(state *model.State) []findGroup {
	pages := findGroup{title: "Pages"}
	actions := findGroup{title: "Actions"}
	byPage := map[string][]findable{}
	for _, shown := range s.pages {
		if !s.wanted(shown) {
			continue
		}
		name := shown.Name()
		pages.of = append(pages.of, findable{text: shown.Title(), also: "page", run: func() { s.console.Go(name, "") }})
		actions.of = append(actions.of, s.actionsOf(shown)...)
		if finder, ok := shown.(page.Finder); ok {
			for _, f := range finder.Find(state) {
				byPage[name] = append(byPage[name], findable{text: f.Text, run: func() { s.console.Go(f.Page, f.Thing) }})
			}
		}
	}
	groups := []findGroup{actions}
	for _, kind := range foundKinds {
		groups = append(groups, findGroup{kind.title, byPage[kind.page]})
	}
	return append(groups, pages)
}

// actionsOf are the commands of a page that need nothing selected. Its page is shown before one is run.
func (s *Shell) actionsOf(shown page.Page) []findable {
	var actions []findable
	for _, command := range shown.Commands() {
		if command.Finds == "" || command.Changes && !s.mayChange() {
			continue
		}
		actions = append(actions, findable{text: command.Title, also: command.Finds + " " + shown.Title(), run: func() {
			s.console.Go(shown.Name(), "")
			command.Run()
		}})
	}
	return actions
}

// findRow is a row of the list of finds: a title over a group, a thing, or how many more there are.
type findRow struct {
	title, more string
	thing       *findable
}

// shownOfGroup is how many things of a group are listed while several groups have some, and shownAlone while only one has. Of actions,
// which are few, all are.
const (
	shownOfGroup = 8
	shownAlone   = 200
)

// findRows lists what contains every word of a text, ignoring case, group by group.
func findRows(groups []findGroup, text string) []findRow {
	words := grid.ParseWords(text)
	hits, kinds := make([][]*findable, len(groups)), 0
	for i, group := range groups {
		for j := range group.of {
			if f := &group.of[j]; words.In(strings.TrimSpace(f.text + " " + f.also)) {
				hits[i] = append(hits[i], f)
			}
		}
		kinds += min(len(hits[i]), 1)
	}
	most := shownOfGroup
	if kinds == 1 {
		most = shownAlone
	}
	var rows []findRow
	for i, found := range hits {
		if len(found) == 0 {
			continue
		}
		rows = append(rows, findRow{title: groups[i].title})
		for j, f := range found {
			if j == most && i > 0 {
				rows = append(rows, findRow{more: moreWords(len(found) - j)})
				break
			}
			rows = append(rows, findRow{thing: f})
		}
	}
	return rows
}
