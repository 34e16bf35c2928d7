package kit

import (
	"slices"
	"strings"

	"lockwire/ui/grid"
)

// Option is one of many things that are chosen by typing.
type Option struct {
	Name  string // what is taken
	About string // what else tells it from others, such as role, tags and addresses; typing finds it by these, too
	Do    func() // is called instead of taking the name; nil takes it
}

// named reports whether an option is found by its name alone.
func (o *Option) named(words grid.Words) bool { return words.In(o.Name) }

// matching are the options that have every typed word, those first whose names fit best. Without a word they are all.
func matching(options []Option, typed string) []Option {
	words := grid.ParseWords(typed)
	if len(words) == 0 {
		return options
	}
	whole := strings.ToLower(strings.TrimSpace(typed))
	var ranked [4][]Option
	for _, o := range options {
		name := strings.ToLower(o.Name)
		_, behind, _ := strings.Cut(name, ":") // of component:vault
		switch {
		case name == whole:
			ranked[0] = append(ranked[0], o)
		case strings.HasPrefix(name, whole) || strings.HasPrefix(behind, whole):
			ranked[1] = append(ranked[1], o)
		case o.named(words):
			ranked[2] = append(ranked[2], o)
		case words.In(name + " " + o.About):
			ranked[3] = append(ranked[3], o)
		}
	}
	return slices.Concat(ranked[:]...)
}
