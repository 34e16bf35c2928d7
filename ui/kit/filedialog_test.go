package kit

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"lockwire/ui/uitest/screen"
)

// filesBelow makes a folder with a folder "below", a file of rules and another one in it, and a hidden one.
func filesBelow(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rules.json", "other.txt", ".hidden.json"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestAPathIsChosenOnceItNamesAFile(t *testing.T) {
	folder := filesBelow(t)
	for name, one := range map[string]struct {
		path       string
		save, open bool   // may be chosen
		says       string // beside the field where one saves
	}{
		"a file that is there": {filepath.Join(folder, "rules.json"), true, true, ""},
		"a new file":           {filepath.Join(folder, "new.json"), true, true, ""},
		"a folder":             {folder + string(filepath.Separator), false, false, "add the file's name"},
		"no whole path":        {"rules.json", false, false, "write the whole path"},
		"no such folder":       {filepath.Join(folder, "nowhere", "rules.json"), false, false, "is no folder that can be read"},
		"nothing":              {"", false, false, "write the whole path"},
	} {
		t.Run(name, func(t *testing.T) {
			window := screen.New(t, Theme{Appearance: Light})
			saving := AskSave(window, screen.AtOnce(t), "Save", "rules.json", func(string) {})
			saving.path.SetText(one.path)
			if may := !saving.choose.Disabled(); may != one.save || !strings.Contains(saving.field.Problem(), one.says) || (one.says == "") != (saving.field.Problem() == "") {
				t.Errorf("saved to: %v, %q", may, saving.field.Problem())
			}
			opening := AskOpen(window, screen.AtOnce(t), "Open", []string{".json"}, func(string) {})
			opening.path.SetText(one.path)
			if may := !opening.choose.Disabled(); may != one.open {
				t.Errorf("opened: %v, %q", may, opening.field.Problem())
			}
		})
	}
}

func TestAClickGoesIntoAFolderOrTakesAFile(t *testing.T) {
	folder := filesBelow(t)
	window := screen.New(t, Theme{Appearance: Light})
	saving := AskSave(window, screen.AtOnce(t), "Save", "new.json", func(string) {})
	saving.path.SetText(filepath.Join(folder, "new.json"))
	if !slices.Equal(saving.entries, []folderEntry{{"..", true}, {"below", true}}) {
		t.Errorf("to save in: %v", saving.entries)
	}
	saving.list.Select(1)
	if want := filepath.Join(folder, "below", "new.json"); saving.path.Text != want {
		t.Errorf("saved to %s, wanted %s", saving.path.Text, want)
	}
	opened := ""
	opening := AskOpen(window, screen.AtOnce(t), "Open", []string{".json"}, func(path string) { opened = path })
	opening.path.SetText(filepath.Join(folder, "below") + string(filepath.Separator))
	opening.list.Select(0)
	if !slices.Equal(opening.entries, []folderEntry{{"..", true}, {"below", true}, {"rules.json", false}}) {
		t.Fatalf("to open: %v", opening.entries)
	}
	opening.list.Select(2)
	test.Tap(opening.choose)
	if want := filepath.Join(folder, "rules.json"); opened != want {
		t.Errorf("opened %q, wanted %s", opened, want)
	}
}

func TestOverwritingAFileIsAskedAboutFirst(t *testing.T) {
	folder := filesBelow(t)
	window := screen.New(t, Theme{Appearance: Light})
	chosen := ""
	saving := AskSave(window, screen.AtOnce(t), "Save", "rules.json", func(path string) { chosen = path })
	saving.path.SetText(filepath.Join(folder, "below"))
	test.Tap(saving.choose)
	if chosen != "" || saving.field.Problem() == "" {
		t.Errorf("a folder is chosen: %q, %q", chosen, saving.field.Problem())
	}
	saving.path.SetText(filepath.Join(folder, "rules.json"))
	test.Tap(saving.choose)
	screen.Press(t, window, "Cancel")
	if chosen != "" {
		t.Error("it is chosen before that")
	}
	test.Tap(saving.choose)
	screen.Press(t, window, "Overwrite")
	if chosen == "" || !saving.dialog.Done {
		t.Error("it is not chosen after that")
	}
}

func TestADialogBeginsInTheFolderOfTheLastFile(t *testing.T) {
	folder := filesBelow(t)
	window := screen.New(t, Theme{Appearance: Light})
	var chosen []string
	save := func() *FileDialog {
		return AskSave(window, screen.AtOnce(t), "Save the backup", "new.tar", func(path string) { chosen = append(chosen, path) })
	}
	d := save()
	began := d.path.Text
	d.path.SetText(filepath.Join(folder, "below", "first.tar"))
	test.Tap(d.choose)
	if d = save(); d.path.Text != filepath.Join(folder, "below", "new.tar") || d.choose.Disabled() {
		t.Errorf("the next one begins with %s", d.path.Text)
	}
	d.dialog.Close()
	open := AskOpen(window, screen.AtOnce(t), "Import rules", []string{".json"}, func(path string) { chosen = append(chosen, path) })
	open.path.SetText(filepath.Join(folder, "rules.json"))
	test.Tap(open.choose)
	if open = AskOpen(window, screen.AtOnce(t), "Import rules", []string{".json"}, nil); open.path.Text != folder+string(filepath.Separator) || len(open.entries) == 0 {
		t.Errorf("the next import begins with %s", open.path.Text)
	}
	open.dialog.Close()
	if len(chosen) != 2 {
		t.Fatalf("chosen were %q", chosen)
	}
	if err := os.Remove(filepath.Join(folder, "below")); err != nil {
		t.Fatal(err)
	}
	if d = save(); d.path.Text != began {
		t.Errorf("where the folder is gone it begins with %s, not with %s", d.path.Text, began)
	}
}
