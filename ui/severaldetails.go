package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// severalDetails stand in the place of the details of one thing while several are selected: how many, and what they sum up to.
type severalDetails struct {
	content fyne.CanvasObject
	heading *detailHeading
	list    *detailList
}

func newSeveralDetails() *severalDetails {
	d := &severalDetails{heading: newDetailHeading(), list: newDetailList()}
	d.content = border(d.heading.content, nil, nil, nil, container.NewVScroll(d.list.content))
	return d
}

func (d *severalDetails) set(what string, sums []detail) {
	d.heading.set(what+" selected", "", ColorMuted)
	d.list.set(sums)
}

func componentSums(rows []*componentRow) []detail {
	sessions, cores := 0, 0
	states := counts{}
	for _, row := range rows {
		sessions += row.sessions
		cores += row.cores
		states.add(row.state)
	}
	return []detail{{name: "State", value: states.words()}, {name: "Sessions", value: grouped(sessions)}, {name: "Cores", value: grouped(cores)}}
}

func routeSums(rows []*routeRow) []detail {
	sessions := 0
	states, targets := counts{}, counts{}
	for _, row := range rows {
		sessions += row.sessions
		states.add(row.state)
		targets.add("to " + row.target)
	}
	return []detail{{name: "State", value: states.words()}, {name: "Targets", value: targets.words()}, {name: "Sessions", value: grouped(sessions)}}
}

// counts count words, in the order in which they first came.
type counts struct {
	order []string
	of    map[string]int
}

func (c *counts) add(word string) {
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

// words name the first few.
func (c *counts) words() string {
	const most = 6
	text := ""
	for i, word := range c.order {
		if i > 0 {
			text += ", "
		}
		if i == most {
			return text + fmt.Sprintf("and %s more", grouped(len(c.order)-i))
		}
		text += grouped(c.of[word]) + " " + word
	}
	return text
}

func headroomSums(rows []*headroomRow) []detail {
	cores, known, sum, agent := 0, 0, float64(0), float64(0)
	for _, row := range rows {
		cores += row.cores
		agent += max(row.agent, 0)
		if row.headroom.rate >= 0 {
			known++
			sum += row.headroom.rate
		}
	}
	headroom := ""
	if known > 0 {
		headroom = rateWords(uint64(sum)) + " together"
		if known < len(rows) {
			headroom += fmt.Sprintf(", of the %s of which it is known", grouped(known))
		}
	}
	return []detail{{name: "Headroom", value: headroom}, {name: "Agents, cores", value: coresWords(agent)}, {name: "Cores", value: grouped(cores)}}
}
