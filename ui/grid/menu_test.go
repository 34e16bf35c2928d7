package grid

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

func TestAMenuHasItsShortcutsInOneColumn(t *testing.T) {
	test.NewTempApp(t)
	none := fyne.NewMenuItem("Nothing to press, and by far the longest of all", nil)
	items := []*fyne.MenuItem{fyne.NewMenuItem("Copy 12 rows", nil), fyne.NewMenuItemSeparator(), fyne.NewMenuItem("A", nil), none}
	items[0].Shortcut = &fyne.ShortcutCopy{}
	items[2].Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyF5, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
	for width := range 200 { // wherever a label ends, also just before a tab stop
		item := fyne.NewMenuItem(strings.Repeat("i", width%60)+strings.Repeat(".", width/60), nil)
		item.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyK}
		items = append(items, item)
	}
	names := make([]string, len(items))
	for i, item := range items {
		if item.Shortcut != nil {
			names[i] = item.Shortcut.ShortcutName()
		}
	}
	menu := Menu("Rows", items...)
	columns := map[float32]bool{}
	for i, item := range menu.Items {
		label, keys, found := strings.Cut(item.Label, "\t")
		if found != (names[i] != "") {
			t.Errorf("%q has a shortcut: %t", item.Label, found)
		}
		if !found {
			continue
		}
		keys = strings.TrimLeft(keys, "\t")
		begins := strings.TrimSuffix(item.Label, keys)
		columns[fyne.MeasureText(begins, theme.TextSize(), fyne.TextStyle{}).Width] = true
		if space := fyne.MeasureText(begins, theme.TextSize(), fyne.TextStyle{}).Width - fyne.MeasureText(label, theme.TextSize(), fyne.TextStyle{}).Width; space < menuGap {
			t.Errorf("%q has a space of %v before its shortcut", item.Label, space)
		}
		if item.Shortcut.ShortcutName() != names[i] {
			t.Errorf("the driver would run %q by %s, wanted %s", item.Label, item.Shortcut.ShortcutName(), names[i])
		}
		if _, drawn := item.Shortcut.(fyne.KeyboardShortcut); drawn {
			t.Errorf("Fyne draws the shortcut of %q, too", item.Label)
		}
	}
	if len(columns) != 1 {
		t.Errorf("the shortcuts begin at %v", columns)
	}
	for i, want := range map[int]string{0: "Ctrl+C", 2: "Ctrl+Shift+F5", 4: "K"} {
		if !strings.HasSuffix(menu.Items[i].Label, "\t"+want) {
			t.Errorf("%q, wanted %s", menu.Items[i].Label, want)
		}
	}
	if before := menu.Items[0].Label; Menu("", menu.Items...).Items[0].Label != before {
		t.Error("an item that is put into a second menu has its shortcut twice")
	}
}
