package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// openDialog asks which file to open: a path to type, and folders and files to click.
type openDialog struct {
	console *Console
	dialog  *formDialog
	suffix  string
	path    *formEntry
	field   *formField
	entries []folderEntry
	list    *widget.List
	open    *widget.Button
	chosen  func(path string)
	listed  string // the folder whose entries are listed
}

// folderEntry is a folder, or a file that may be opened.
type folderEntry struct {
	name   string
	folder bool
}

// askOpen asks which file with a suffix such as .json to open. Chosen is not called where nobody says.
func askOpen(c *Console, title, suffix string, chosen func(path string)) *openDialog {
	folder, err := os.UserHomeDir()
	if err != nil {
		folder = string(filepath.Separator)
	}
	o := &openDialog{console: c, suffix: suffix, chosen: chosen}
	o.dialog = showForm(c.Window, title, fyne.NewSize(600, 480), nil)
	o.path = o.dialog.entry(withSeparator(folder), "", func(string) { o.look() })
	o.field = newFormField("File", o.path, "the whole path of a file *"+suffix)
	o.list = widget.NewList(func() int { return len(o.entries) }, func() fyne.CanvasObject {
		return container.NewBorder(nil, nil, widget.NewIcon(theme.FolderIcon()), nil, widget.NewLabel(""))
	}, func(i widget.ListItemID, object fyne.CanvasObject) {
		row, entry := object.(*fyne.Container), o.entries[i]
		row.Objects[0].(*widget.Label).SetText(entry.name)
		icon := theme.FileIcon()
		if entry.folder {
			icon = theme.FolderIcon()
		}
		row.Objects[1].(*widget.Icon).SetResource(icon)
	})
	o.list.OnSelected = func(i widget.ListItemID) {
		entry := o.entries[i]
		o.list.UnselectAll()
		path := filepath.Join(filepath.Dir(o.path.Text), entry.name)
		if entry.folder {
			path = withSeparator(path)
		}
		o.path.SetText(path)
	}
	o.open = widget.NewButton("Open", o.submit)
	o.open.Importance = widget.HighImportance
	height := container.NewGridWrap(fyne.NewSize(1, 290), container.NewWithoutLayout()) // the list's own least height is one row
	o.dialog.set(container.NewVBox(formRows(o.field), container.NewStack(height, o.list)), widget.NewButton("Cancel", o.dialog.close), o.open)
	o.look()
	c.Window.Canvas().Focus(o.path)
	return o
}

func withSeparator(folder string) string {
	if strings.HasSuffix(folder, string(filepath.Separator)) {
		return folder
	}
	return folder + string(filepath.Separator)
}

// look lists what is in the path's folder, off Fyne's goroutine: a network drive can take its time.
func (o *openDialog) look() {
	path := o.path.Text
	o.open.Disable()
	if !filepath.IsAbs(path) {
		o.field.setError(errors.New("write the whole path, such as " + filepath.Join(os.TempDir(), "rules"+o.suffix)))
		return
	}
	o.field.setError(nil)
	if !strings.HasSuffix(path, string(filepath.Separator)) {
		o.open.Enable()
	}
	folder := filepath.Dir(path)
	if folder == o.listed {
		return
	}
	fetch(o.console, func(context.Context) ([]folderEntry, error) { return entriesIn(folder, o.suffix) }, func(entries []folderEntry, err error) {
		if o.dialog.done || filepath.Dir(o.path.Text) != folder {
			return // it was typed on meanwhile
		}
		if err != nil {
			o.field.setError(fmt.Errorf("%s is no folder that can be read", folder))
			return
		}
		o.listed, o.entries = folder, entries
		o.list.Refresh()
		o.list.ScrollToTop()
	})
}

// submit opens what is there. A folder is gone into instead.
func (o *openDialog) submit() {
	path := o.path.Text
	fetch(o.console, func(context.Context) (os.FileInfo, error) { return os.Stat(path) }, func(info os.FileInfo, err error) {
		switch {
		case o.dialog.done || o.path.Text != path:
		case err != nil:
			o.field.setError(fmt.Errorf("there is no file %s that can be read", path))
		case info.IsDir():
			o.path.SetText(withSeparator(path))
		default:
			o.dialog.close()
			o.chosen(path)
		}
	})
}

// entriesIn lists the folders in a folder by name, the one above it first, and then the files with a suffix. Hidden ones are left out.
func entriesIn(folder, suffix string) ([]folderEntry, error) {
	found, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var folders, files []folderEntry
	for _, entry := range found {
		switch name := entry.Name(); {
		case strings.HasPrefix(name, "."):
		case isFolder(filepath.Join(folder, name)):
			folders = append(folders, folderEntry{name, true})
		case strings.HasSuffix(strings.ToLower(name), suffix):
			files = append(files, folderEntry{name, false})
		}
	}
	if filepath.Dir(folder) != folder {
		folders = slices.Insert(folders, 0, folderEntry{"..", true})
	}
	return append(folders, files...), nil
}
