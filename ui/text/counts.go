package text

import "fmt"

// Tally counts words, in the order of their first appearance.
type Tally struct {
	order []string
	of    map[string]int
}

// Add counts a word; it ignores an empty one.
func (c *Tally) Add(word string) {
	if word == "" {
		return
	}
	if c.of == nil {
		c.of = map[string]int{}
	}
	if c.of[word]++; c.of[word] == 1 {
		c.order = append(c.order, word)
	}
}

// Words lists the first few counts.
func (c *Tally) Words() string {
	const most = 6
	text := ""
	for i, word := range c.order {
		if i > 0 {
			text += ", "
		}
		if i == most {
			return text + fmt.Sprintf("and %s more", Number(len(c.order)-i))
		}
		text += Number(c.of[word]) + " " + word
	}
	return text
}
