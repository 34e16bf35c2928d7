package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lockwire/ui/kit"
	"lockwire/ui/model"
)

// Awaited replaces a page's content until the broker has answered: a page whose state is unknown must not look empty.
type Awaited struct {
	Content fyne.CanvasObject

	stage        *kit.PageStage
	busy, failed *kit.Placeholder
}

// NewAwaited makes one for things, such as "rules".
func NewAwaited(things string) *Awaited {
	a := &Awaited{busy: kit.NewBusy("Reading the " + things + "…"), failed: kit.NewPlaceholder(theme.ErrorIcon(), "The "+things+" cannot be read", "", nil)}
	a.stage = kit.NewPageStage(a.busy.Content)
	a.Content = a.stage.Content
	return a
}

// Show shows the content, or why there is none yet. It reports whether the content is shown.
func (a *Awaited) Show(state *model.State, content fyne.CanvasObject) bool {
	switch {
	case !state.When.IsZero():
		a.stage.Show(content)
		return true
	case state.Problem != "":
		a.failed.Text.SetText("The broker could not be asked: " + state.Problem + ". It is tried again.")
		a.stage.Show(a.failed.Content)
	default:
		a.stage.Show(a.busy.Content)
	}
	return false
}
