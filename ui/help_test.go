package ui

import (
	"path"
	"regexp"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/docs"
	"lockwire/ui/uitest"
	"lockwire/ui/uitest/screen"
)

func TestEachPageHasItsDocumentation(t *testing.T) {
	s := uitest.NewStage(t)
	for _, page := range Pages(s.Console) {
		if file := helpPage(page.Name()); file == "console.md" {
			t.Errorf("the page %s has no page of documentation", page.Name())
		}
	}
	if got := helpPage("unknown"); got != "console.md" {
		t.Errorf("an unknown page leads to %s", got)
	}
}

var markdownLink = regexp.MustCompile(`[^!]\[[^\]]*\]\(([^):#]+\.md)\)`)

func TestLinksOfTheDocumentationLeadToPages(t *testing.T) {
	for _, folder := range []string{".", "console"} {
		entries, err := docs.Files.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if entry.IsDir() {
				continue
			}
			text, err := docs.Files.ReadFile(path.Join(folder, entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			for _, link := range markdownLink.FindAllStringSubmatch(string(text), -1) {
				if _, err := docs.Files.ReadFile(path.Join(folder, link[1])); err != nil {
					t.Errorf("%s/%s leads to %s, which is not there", folder, entry.Name(), link[1])
				}
			}
		}
	}
}

func TestF1OpensTheDocumentationOfThePage(t *testing.T) {
	s := uitest.NewStage(t)
	shell := NewShell(s.Console, Pages(s.Console)...)
	s.Window.SetContent(shell.Content())
	shell.Update(s.State(t))
	press := func(key fyne.KeyName) { s.Window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: key}) }

	shell.Show("rules")
	s.Window.Canvas().Focus(tableOf(t, shell.Shown()))
	s.Key(fyne.KeyF1)
	if shell.help == nil || shell.help.shown != "console/rules.md" {
		t.Fatalf("F1 in the table of rules opened %+v", shell.help)
	}
	first := shell.help
	shell.Show("overview")
	press(fyne.KeyF1)
	if shell.help != first || first.shown != "console/overview.md" {
		t.Fatalf("F1 on the overview opened %+v", shell.help)
	}
	followLink(t, first.body.Content, "Sessions")
	if first.shown != "console/sessions.md" {
		t.Errorf("a link led to %s", first.shown)
	}
	first.goBack()
	if first.shown != "console/overview.md" {
		t.Errorf("back led to %s", first.shown)
	}
	first.window.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if shell.help != nil {
		t.Error("Esc did not close the help")
	}
	press(fyne.KeyF1)
	if shell.help == nil {
		t.Error("F1 does not open the help again")
	}
}

// followLink taps a link of a text that is laid out.
func followLink(t *testing.T, root fyne.CanvasObject, text string) {
	t.Helper()
	var link *widget.Hyperlink
	screen.Walk(root, func(o fyne.CanvasObject) {
		if l, ok := o.(*widget.Hyperlink); ok && strings.TrimSpace(l.Text) == text && link == nil {
			link = l
		}
	})
	if link == nil {
		t.Fatalf("there is no link %q", text)
	}
	link.OnTapped()
}
