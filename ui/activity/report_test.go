package activity

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestAReportIsWrittenInEachFormat(t *testing.T) {
	s := uitest.NewStage(t)
	p := New(s.Console).(*view)
	s.Show(t, p)
	for i, begins := range []string{"<!DOCTYPE html>", "section,from,until", `{"installation":`} {
		path := filepath.Join(t.TempDir(), "report"+reportFormats[i].suffix)
		p.writeReport(path, engine.Span{}, i)
		text, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(text), begins) {
			t.Errorf("%s: %v, %.60s", reportFormats[i].item, err, text)
		}
	}
	s.Broken = errors.New("the broker is away")
	p.writeReport(filepath.Join(t.TempDir(), "report.html"), engine.Span{}, 0)
	screen.MustContain(t, uitest.Top(s), "No report was written", "the broker is away")
}

func TestTheReportButtonOffersItsFormats(t *testing.T) {
	s := uitest.NewStage(t)
	p := New(s.Console).(*view)
	s.Show(t, p)
	screen.Press(t, s.Window, "Report")
	screen.MustContain(t, uitest.Top(s), "To read and print (HTML)…", "As a table (CSV)…")
}
