package kit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// FileDialog asks for a file: a path to type, and what is in its folder to click. AskSave and AskOpen open it.
type FileDialog struct {
	background Background
	dialog     *FormDialog
	fileAsking

	path    *FormEntry
	field   *FormField
	choose  *widget.Button
	list    *widget.List
	entries []folderEntry
	listed  string // the folder whose entries are listed
}

// fileAsking is what differs between saving and opening.
type fileAsking struct {
	title, hint, verb string
	begin, last       string   // the path at first; last is where the dialog was used before, as long as that is there
	example           string   // the name of a file such as may be written
	suffixes          []string // of the files that are listed; none lists folders only, and a click on one keeps the file's name
	nameless          error    // the error shown for a path without a file name; nil shows none
	// chosen gets the path and the error of os.Stat. It is never called for a folder.
	chosen func(d *FileDialog, path string, err error)
}

// folderEntry is a folder, or a file that may be opened.
type folderEntry struct {
	name   string
	folder bool
}

// AskSave asks where to save a file. It asks before an existing file is overwritten, and calls chosen only for a path.
func AskSave(window fyne.Window, background Background, title, name string, chosen func(path string)) *FileDialog {
	folder := homeFolder()
	if downloads := filepath.Join(folder, "Downloads"); isFolder(downloads) {
		folder = downloads
	}
	return showFileDialog(window, background, fileAsking{
		title: title, hint: "the whole path", verb: "Save", begin: filepath.Join(folder, name), last: lastFolder(title, name), example: name, nameless: errors.New("add the file's name, such as " + name),
		chosen: func(d *FileDialog, path string, err error) {
			done := func() {
				d.dialog.Close()
				d.remember(path)
				chosen(path)
			}
			if err == nil {
				Confirm(window, "Overwrite the file?", Wrapped(path+" is there already."), "Overwrite", done)
			} else {
				done() // writing says what is wrong with the folder
			}
		},
	})
}

// AskOpen asks which file with one of the suffixes, such as .json, to open, and calls chosen only for a file that exists.
func AskOpen(window fyne.Window, background Background, title string, suffixes []string, chosen func(path string)) *FileDialog {
	return showFileDialog(window, background, fileAsking{
		title: title, hint: "the whole path of a file *" + strings.Join(suffixes, ", *"), verb: "Open", begin: withSeparator(homeFolder()), last: lastFolder(title, ""), example: "rules" + suffixes[0], suffixes: suffixes,
		chosen: func(d *FileDialog, path string, err error) {
			if err != nil {
				d.field.SetError(fmt.Errorf("there is no file %s that can be read", path))
				return
			}
			d.dialog.Close()
			d.remember(path)
			chosen(path)
		},
	})
}

// folderPreference is the preference that keeps the folder of the file that a dialog asked for last.
func folderPreference(title string) string { return "folder of " + title }

// lastFolder is the path with which a dialog begins where it was used before: the folder of then, and a file's name, which may be empty.
// It is empty where it was not.
func lastFolder(title, name string) string {
	folder := fyne.CurrentApp().Preferences().String(folderPreference(title))
	if folder == "" {
		return ""
	}
	return withSeparator(folder) + name
}

// remember keeps the folder for the next time.
func (d *FileDialog) remember(path string) {
	fyne.CurrentApp().Preferences().SetString(folderPreference(d.title), filepath.Dir(path))
}

func showFileDialog(window fyne.Window, background Background, asking fileAsking) *FileDialog {
	d := &FileDialog{background: background, fileAsking: asking}
	d.dialog = ShowForm(window, d.title, fyne.NewSize(600, 480), nil)
	d.path = d.dialog.Entry(cmp.Or(d.last, d.begin), "", func(string) { d.look() })
	d.field = NewFormField("File", d.path, d.hint)
	d.list = widget.NewList(func() int { return len(d.entries) }, func() fyne.CanvasObject {
		return Border(nil, nil, widget.NewIcon(theme.FolderIcon()), nil, widget.NewLabel(""))
	}, func(i widget.ListItemID, o fyne.CanvasObject) {
		row, entry := o.(*fyne.Container), d.entries[i]
		row.Objects[1].(*widget.Label).SetText(entry.name)
		icon := theme.FileIcon()
		if entry.folder {
			icon = theme.FolderIcon()
		}
		row.Objects[0].(*widget.Icon).SetResource(icon)
	})
	d.list.OnSelected = func(i widget.ListItemID) {
		entry := d.entries[i]
		d.list.UnselectAll()
		d.pick(entry)
	}
	d.choose = widget.NewButton(d.verb, d.submit)
	d.choose.Importance = widget.HighImportance
	height := container.NewGridWrap(fyne.NewSize(1, 290), container.NewWithoutLayout()) // the list's own least height is one row
	d.dialog.Set(container.NewVBox(d.dialog.Rows(d.field), container.NewStack(height, d.list)), widget.NewButton("Cancel", d.dialog.Close), d.choose)
	d.look()
	window.Canvas().Focus(d.path)
	return d
}

// pick opens a folder or chooses a file.
func (d *FileDialog) pick(entry folderEntry) {
	folder, name := splitPath(d.path.Text)
	path := filepath.Join(folder, entry.name)
	if entry.folder {
		path = withSeparator(path)
		if len(d.suffixes) == 0 {
			path += name
		}
	}
	d.path.SetText(path)
}

// look checks the path and lists its folder off Fyne's goroutine: a network drive can be slow.
func (d *FileDialog) look() {
	d.judge()
	folder, _ := splitPath(d.path.Text)
	if folder == d.listed || !filepath.IsAbs(d.path.Text) {
		return
	}
	Fetch(d.background, func(context.Context) ([]folderEntry, error) { return entriesIn(folder, d.suffixes) }, func(entries []folderEntry, err error) {
		if now, _ := splitPath(d.path.Text); d.dialog.Done || now != folder {
			return // the path has changed since
		}
		if err != nil && d.path.Text == d.last {
			d.last = ""
			d.path.SetText(d.begin) // a drive may be unplugged
			return
		}
		if err != nil {
			d.refuse(fmt.Errorf("%s is no folder that can be read", folder))
			return
		}
		d.listed, d.entries = folder, entries
		d.list.Refresh()
		d.list.ScrollToTop()
		d.judge()
	})
}

// judge enables the button for a path of a file in a folder that could be read.
func (d *FileDialog) judge() {
	folder, name := splitPath(d.path.Text)
	switch {
	case !filepath.IsAbs(d.path.Text):
		d.refuse(errors.New("write the whole path, such as " + filepath.Join(os.TempDir(), d.example)))
	case name == "":
		d.refuse(d.nameless)
	case folder != d.listed:
		d.refuse(nil) // until it is read
	default:
		d.field.SetError(nil)
		d.choose.Enable()
	}
}

// refuse disables the button and shows why; a nil error shows nothing.
func (d *FileDialog) refuse(err error) {
	d.field.SetError(err)
	d.choose.Disable()
}

// submit passes the path to chosen. It opens a folder instead.
func (d *FileDialog) submit() {
	path := d.path.Text
	Fetch(d.background, func(context.Context) (fs.FileInfo, error) { return os.Stat(path) }, func(info fs.FileInfo, err error) {
		switch {
		case d.dialog.Done || d.path.Text != path:
		case err == nil && info.IsDir():
			d.path.SetText(withSeparator(path))
		default:
			d.chosen(d, path, err)
		}
	})
}

// splitPath gives a path's folder and the name in it; the name is empty where the path ends as a folder does.
func splitPath(path string) (folder, name string) {
	if path == "" || os.IsPathSeparator(path[len(path)-1]) {
		return filepath.Clean(path), ""
	}
	return filepath.Dir(path), filepath.Base(path)
}

func withSeparator(folder string) string {
	if os.IsPathSeparator(folder[len(folder)-1]) {
		return folder
	}
	return folder + string(filepath.Separator)
}

func homeFolder() string {
	if folder, err := os.UserHomeDir(); err == nil {
		return folder
	}
	return string(filepath.Separator)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// entriesIn lists the folders in a folder by name, the one above it first, and then the files with one of the suffixes.
// Hidden entries are left out.
func entriesIn(folder string, suffixes []string) ([]folderEntry, error) {
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
		case slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(strings.ToLower(name), suffix) }):
			files = append(files, folderEntry{name, false})
		}
	}
	if filepath.Dir(folder) != folder {
		folders = slices.Insert(folders, 0, folderEntry{"..", true})
	}
	return append(folders, files...), nil
}
