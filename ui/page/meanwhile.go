package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/kit"
	"lockwire/ui/model"
)

// Watch passes each new state to an editor, until that reports that it is closed.
func (c *Console) Watch(see func(*model.State) (closed bool)) {
	c.watching = append(c.watching, see)
}

// Saw passes a new state to the editors that are open.
func (c *Console) Saw(state *model.State) {
	watching := c.watching
	c.watching = nil // one that sees it may have another one watch
	for _, see := range watching {
		if !see(state) {
			c.Watch(see)
		}
	}
}

// Meanwhile says above the fields of an editor that somebody else changed or removed its thing since it was opened. Saving is refused
// then until one has seen both; this says it before.
type Meanwhile struct {
	Content  *fyne.Container // empty until then
	dialog   *kit.FormDialog
	what     string
	revision int64 // the newest that is known
	removed  bool
	show     func()
}

// NewMeanwhile makes the notice of an editor of what, such as "route". Revision is that of the copy that is edited, and now gives the
// present one. Show shows what differs, as saving does; open reports whether the thing is still edited.
func NewMeanwhile(c *Console, dialog *kit.FormDialog, what string, revision int64, now func(*model.State) (revision int64, found bool), open func() bool, show func()) *Meanwhile {
	m := &Meanwhile{Content: container.NewVBox(), dialog: dialog, what: what, revision: revision, show: show}
	c.Watch(func(state *model.State) bool {
		if !open() {
			return true
		}
		if !state.When.IsZero() && state.Problem == "" {
			m.see(now(state))
		}
		return false
	})
	return m
}

// see shows the notice where a newer revision is there, or none. A state may be older than the copy that is edited.
func (m *Meanwhile) see(revision int64, found bool) {
	if m.removed || found && revision <= m.revision {
		return
	}
	m.removed, m.revision = !found, revision
	words := "Somebody else changed this " + m.what + " while you edit it. What you typed is still here; saving shows both first."
	show := container.NewHBox(widget.NewButton("Show what differs", m.show))
	if m.removed {
		words = "Somebody else removed this " + m.what + " while you edit it. What you typed is still here."
		show.Hide()
	}
	m.Content.Objects = []fyne.CanvasObject{kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, words), show}
	m.Content.Refresh()
	m.dialog.Grow()
}
