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

// saveDialog asks where to save a file: a path to type, and folders to click.
type saveDialog struct {
	console *Console
	dialog  *formDialog
	path    *formEntry
	field   *formField
	folders []string
	list    *widget.List
	save    *widget.Button
	chosen  func(path string)
	listed  string // the folder whose folders are listed
}

// askSave asks where to save a file. Chosen is not called where nobody says; a file that is there is asked about first.
func askSave(c *Console, title, name string, chosen func(path string)) *saveDialog {
	folder, err := os.UserHomeDir()
	if err != nil {
		folder = string(filepath.Separator)
	}
	if downloads := filepath.Join(folder, "Downloads"); isFolder(downloads) {
		folder = downloads
	}
	s := &saveDialog{console: c, chosen: chosen}
	s.dialog = showForm(c.Window, title, fyne.NewSize(600, 460), nil)
	s.path = s.dialog.entry(filepath.Join(folder, name), "", func(string) { s.look() })
	s.field = newFormField("File", s.path, "the whole path")
	s.list = widget.NewList(func() int { return len(s.folders) }, func() fyne.CanvasObject {
		return container.NewBorder(nil, nil, widget.NewIcon(theme.FolderIcon()), nil, widget.NewLabel(""))
	}, func(i widget.ListItemID, o fyne.CanvasObject) {
		o.(*fyne.Container).Objects[0].(*widget.Label).SetText(s.folders[i])
	})
	s.list.OnSelected = func(i widget.ListItemID) {
		s.list.UnselectAll()
		s.path.SetText(filepath.Join(filepath.Dir(s.path.Text), s.folders[i], filepath.Base(s.path.Text)))
	}
	s.save = widget.NewButton("Save", s.submit)
	s.save.Importance = widget.HighImportance
	height := container.NewGridWrap(fyne.NewSize(1, 270), container.NewWithoutLayout()) // the list's own least height is one row
	s.dialog.set(container.NewVBox(formRows(s.field), container.NewStack(height, s.list)), widget.NewButton("Cancel", s.dialog.close), s.save)
	s.look()
	c.Window.Canvas().Focus(s.path)
	return s
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// look lists the folders beside the path, off Fyne's goroutine: a network drive can take its time.
func (s *saveDialog) look() {
	folder := filepath.Dir(s.path.Text)
	if !filepath.IsAbs(s.path.Text) || strings.HasSuffix(s.path.Text, string(filepath.Separator)) {
		s.refuse(errors.New("write the whole path with the file's name, such as " + filepath.Join(os.TempDir(), "lockwire.tar")))
		return
	}
	if folder == s.listed {
		s.accept()
		return
	}
	fetch(s.console, func(context.Context) ([]string, error) { return foldersIn(folder) }, func(folders []string, err error) {
		if s.dialog.done || filepath.Dir(s.path.Text) != folder {
			return // it was typed on meanwhile
		}
		if err != nil {
			s.refuse(fmt.Errorf("%s is no folder that can be read", folder))
			return
		}
		s.listed, s.folders = folder, folders
		s.list.Refresh()
		s.list.ScrollToTop()
		s.accept()
	})
}

func (s *saveDialog) refuse(err error) {
	s.field.setError(err)
	s.save.Disable()
}

func (s *saveDialog) accept() {
	s.field.setError(nil)
	s.save.Enable()
}

func (s *saveDialog) submit() {
	path := s.path.Text
	done := func() {
		s.dialog.close()
		s.chosen(path)
	}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		s.refuse(errors.New("this is a folder; add the file's name"))
	case err == nil:
		confirm(s.console.Window, "Overwrite the file?", wrapped(path+" is there already."), "Overwrite", done)
	default:
		done()
	}
}

// foldersIn lists the folders in a folder by name, the one above it first. Hidden ones are left out.
func foldersIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	folders := []string{}
	for _, entry := range entries {
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			folders = append(folders, entry.Name())
		}
	}
	slices.Sort(folders)
	if filepath.Dir(folder) != folder {
		folders = slices.Insert(folders, 0, "..")
	}
	return folders, nil
}
