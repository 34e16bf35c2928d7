package main

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// seen is something in the window, and where, as the program tells it (windowscan.go).
type seen struct {
	Kind                     string
	Text                     string
	X, Y, Width, Height      float64
	Whole, Disabled, Focused bool
}

// point is where a person would click: in the middle of a button, and on the words or the mark of what is as wide as its row and
// takes clicks only there.
func (p *seen) point() (x, y float64) { return p.X + min(p.Width/2, 12), p.Y + p.Height/2 }

func (s *screen) scanSocket() string { return filepath.Join(s.folder, "scan") }

// look gives what can be seen and clicked: all of the topmost dialog, else all of the page. It gives nothing while the
// window does not answer.
func (s *screen) look() []seen {
	conn, err := net.Dial("unix", s.scanSocket())
	if err != nil {
		return nil
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	var all []seen
	if err := json.NewDecoder(conn).Decode(&all); err != nil {
		return nil
	}
	return all
}

// words are all that can be read now, for a test that failed.
func (s *screen) words() string {
	var all []string
	for _, p := range s.look() {
		if p.Text != "" {
			all = append(all, fmt.Sprintf("%s %q at %.0f,%.0f", p.Kind, p.Text, p.X, p.Y))
		}
	}
	return strings.Join(all, "\n")
}

// find finds what matches and has stopped moving.
func (s *screen) find(what string, matches func(all []seen) (seen, bool)) seen {
	s.t.Helper()
	var found seen
	s.wait(what, func() bool {
		now, ok := matches(s.look())
		still := ok && now == found
		found = now
		return still
	})
	return found
}

// saying picks what says exactly these words, else what begins with them.
func saying(words string) func(all []seen) (seen, bool) {
	return func(all []seen) (seen, bool) {
		for _, fits := range []func(text string) bool{
			func(text string) bool { return text == words }, func(text string) bool { return strings.HasPrefix(text, words) },
		} {
			if at := slices.IndexFunc(all, func(p seen) bool { return fits(p.Text) }); at >= 0 {
				return all[at], true
			}
		}
		return seen{}, false
	}
}

// pressing picks as saying does, of what can be pressed.
func pressing(words string) func(all []seen) (seen, bool) {
	return func(all []seen) (seen, bool) {
		return saying(words)(slices.DeleteFunc(slices.Clone(all), func(p seen) bool { return p.Disabled }))
	}
}

// shows tells whether words can be seen now.
func (s *screen) shows(words string) bool {
	_, ok := saying(words)(s.look())
	return ok
}

// see waits until words can be seen.
func (s *screen) see(words string) seen {
	s.t.Helper()
	return s.find(fmt.Sprintf("%q", words), saying(words))
}

// click clicks on a place.
func (s *screen) click(p seen) {
	s.t.Helper()
	s.pointAt(p.point())
	s.do("click", "1")
}

// pointAt moves the mouse to a place of the window, its title bar not counted.
func (s *screen) pointAt(x, y float64) {
	s.t.Helper()
	s.do("mousemove", "--window", s.window(), fmt.Sprint(int(x)), fmt.Sprint(int(y)))
}

// tap clicks on what says words, once it is there and can be pressed.
func (s *screen) tap(words string) {
	s.t.Helper()
	s.click(s.find(fmt.Sprintf("%q to click on", words), pressing(words)))
}

// reveal finds what matches in a form, and turns the mouse's wheel over the form until all of it can be seen.
func (s *screen) reveal(what string, matches func(all []seen) (seen, bool)) seen {
	s.t.Helper()
	var found seen
	s.wait(what, func() bool {
		all := s.look()
		now, ok := matches(all)
		still := ok && now == found
		if found = now; still && now.Whole {
			return true
		}
		scroll, scrolls := largest(all, "*widget.Scroll")
		if !ok && scrolls || still {
			s.pointAt(scroll.X+4, scroll.Y+scroll.Height/2) // beside the fields, which take the wheel
			s.do("click", "5")
		}
		return false
	})
	return found
}

// largest finds the largest of a kind.
func largest(all []seen, kind string) (found seen, ok bool) {
	for _, p := range all {
		if p.Kind == kind && p.Width*p.Height > found.Width*found.Height {
			found, ok = p, true
		}
	}
	return found, ok
}

// beside picks the field of text at the right of a title.
func beside(title string) func(all []seen) (seen, bool) {
	return func(all []seen) (seen, bool) {
		of, ok := saying(title)(all)
		if !ok {
			return seen{}, false
		}
		at := slices.IndexFunc(all, func(p seen) bool {
			return strings.HasSuffix(p.Kind, "ntry") && p.X > of.X && p.Y < of.Y+of.Height && of.Y < p.Y+p.Height
		})
		if at < 0 {
			return seen{}, false
		}
		return all[at], true
	}
}

// fill types into the field beside a title, in place of what is there.
func (s *screen) fill(title, text string) {
	s.t.Helper()
	s.click(s.reveal("the field "+title, beside(title)))
	s.find("the field "+title+" takes keys", func(all []seen) (seen, bool) {
		field, ok := beside(title)(all)
		return field, ok && field.Focused
	})
	s.do("key", "ctrl+a")
	s.do("type", "--delay", "20", text)
	s.find(fmt.Sprintf("%q in the field %s", text, title), func(all []seen) (seen, bool) {
		field, ok := beside(title)(all)
		return field, ok && field.Text == text
	})
}

// hour finds an hour of a day in the week that a rule's schedule is painted in: where the day's row meets the hour's column.
func (s *screen) hour(day string, hour int) seen {
	s.t.Helper()
	all := s.look()
	row, named := saying(day)(all)
	column, numbered := saying(fmt.Sprint(hour - hour%2))(all) // every other hour has a number, which is two hours wide
	if !named || !numbered {
		s.t.Fatalf("the week has no %s at %d o'clock: %v", day, hour, all)
	}
	return seen{X: column.X + column.Width/2*float64(hour%2), Width: column.Width / 2, Y: row.Y, Height: row.Height}
}

// drag presses the mouse at one place, moves it to another, and lets it go there.
func (s *screen) drag(from, to seen) {
	s.t.Helper()
	s.pointAt(from.point())
	s.do("mousedown", "1")
	x, y := from.point()
	toX, toY := to.point()
	for _, part := range []float64{0.1, 0.5, 1} {
		s.pointAt(x+(toX-x)*part, y+(toY-y)*part)
	}
	s.do("mouseup", "1")
}
