package simulator

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

// TestAFilterShowsTheFirstOfItsPairs: where one had scrolled to says nothing any more, nor does what was pointed at there.
func TestAFilterShowsTheFirstOfItsPairs(t *testing.T) {
	for name, narrow := range map[string]func(*coveragePane){
		"words":  func(p *coveragePane) { p.filter.SetText("branch") },
		"routes": func(p *coveragePane) { p.routed.SetChecked(true); p.routed.SetChecked(false) },
	} {
		t.Run(name, func(t *testing.T) {
			s := uitest.NewStage(t)
			s.Link(t)
			many := map[string]string{}
			for i := range 90 {
				many[fmt.Sprintf("branch-%03d", i)] = fmt.Sprintf("10.2.0.%d", i+1)
			}
			s.Join(t, many)
			page := New(s.Console).(*view)
			s.Show(t, page)
			page.tabs.SelectIndex(allPairsTab)
			page.Update(s.State(t))
			m := page.pairs.matrix
			m.point(80, 70)
			m.reveal()
			if m.scroll.Offset.X == 0 || m.scroll.Offset.Y == 0 {
				t.Fatalf("nothing was scrolled: %v", m.scroll.Offset)
			}
			narrow(page.pairs)
			if m.scroll.Offset != (fyne.Position{}) || m.row != 0 || m.column != 0 {
				t.Errorf("it is scrolled to %v and points at %d, %d", m.scroll.Offset, m.row, m.column)
			}
			if got := page.pairs.pair.Text; got != pairHint {
				t.Errorf("it still says %q", got)
			}
			page.Update(s.State(t)) // a state changes none of that
			m.point(80, 70)
			m.reveal()
			before := m.scroll.Offset
			page.Update(s.State(t))
			if m.scroll.Offset != before {
				t.Errorf("a state scrolls from %v to %v", before, m.scroll.Offset)
			}
		})
	}
}

// TestFilteredReasonsAreInSight: the reasons are a part of what is scrolled, which becomes far shorter.
func TestFilteredReasonsAreInSight(t *testing.T) {
	s := uitest.NewStage(t)
	s.Link(t)
	for i := range 60 {
		s.Put(t, fmt.Sprintf("Branch %02d", i), fmt.Sprintf("10.9.%d.0/24", i), "any", func(r *engine.Rule) { r.Encrypt = true })
	}
	page := New(s.Console).(*view)
	s.Show(t, page)
	page.source.SetText("fileserver")
	page.target.SetText("vault")
	page.decide()
	var filter *widget.Entry
	screen.Walk(page.Content(), func(o fyne.CanvasObject) {
		if title, ok := o.(*widget.Button); ok && strings.HasPrefix(title.Text, "Why not?") {
			title.OnTapped()
		}
	})
	screen.Walk(page.Content(), func(o fyne.CanvasObject) {
		if entry, ok := o.(*widget.Entry); ok && entry.PlaceHolder == "filter" {
			filter = entry
		}
	})
	page.scroll.Refresh() // as the driver does where its content has grown
	page.scroll.ScrollToBottom()
	if page.scroll.Offset.Y < 500 {
		t.Fatalf("scrolled to %v", page.scroll.Offset)
	}
	filter.SetText("branch 07")
	if end := page.scroll.Content.MinSize().Height; page.scroll.Offset.Y > max(end-page.scroll.Size().Height, 0)+1 {
		t.Errorf("it is scrolled by %v, to beyond the end at %v in a room of %v", page.scroll.Offset.Y, end, page.scroll.Size().Height)
	}
	if y := fyne.CurrentApp().Driver().AbsolutePositionForObject(filter).Y; y < fyne.CurrentApp().Driver().AbsolutePositionForObject(page.scroll).Y {
		t.Errorf("the filter is out of sight, at %v", y)
	}
}
