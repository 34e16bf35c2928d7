package exchange

import (
	"fmt"
	"strings"

	"lockwire/engine"
)

// names makes the names of another product's rules valid here: 1 to 64 printable characters, each name once whatever its case.
type names struct {
	product string // whose rules they are, for a rule without a name
	taken   map[string]bool
	next    map[string]int // the number to try next for a name that is taken, so that many equal names stay quick
}

func newNames(product string) names {
	return names{product: product, taken: map[string]bool{}, next: map[string]int{}}
}

// choose gives the name of a rule and says where it is another than the one given. Only the predefined rule may be named Internet.
func (n names) choose(index int, given string, predefined bool, notes *notes) string {
	internet := engine.Fold(engine.InternetRuleName)
	if predefined && !n.taken[internet] {
		n.taken[internet] = true
		return engine.InternetRuleName
	}
	base := validName(given)
	if base == "" {
		base = fmt.Sprintf("%s rule %d", n.product, index+1)
	}
	key := engine.Fold(base)
	name := base
	for number := max(n.next[key], 2); n.taken[engine.Fold(name)] || engine.Fold(name) == internet; number++ {
		suffix := fmt.Sprintf(" (%d)", number)
		name = strings.TrimRight(firstCharacters(base, engine.MaximumNameLength-len(suffix)), " ") + suffix
		n.next[key] = number + 1
	}
	n.taken[engine.Fold(name)] = true
	if name != given {
		notes.add(name, "name", "the rule was named %q (number %d in the file), which cannot be or is taken", short(given), index+1)
	}
	return name
}

// validName makes a name valid, or empty where nothing of it is left.
func validName(given string) string {
	return strings.TrimSpace(firstCharacters(strings.TrimSpace(engine.Printable(given)), engine.MaximumNameLength))
}

func firstCharacters(text string, most int) string {
	if characters := []rune(text); len(characters) > most {
		return string(characters[:most])
	}
	return text
}
