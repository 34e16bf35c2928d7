package page

import (
	"context"
	"strings"

	"lockwire/engine"
	"lockwire/ui/kit"
)

// Tell says that something was done, such as "3 sessions cut", in a note that goes by itself. What went wrong is for kit.ShowError.
func (c *Console) Tell(words string) {
	if c.Notes != nil {
		c.Notes.Tell(words)
	}
}

// TellUndo does so with a button that takes it back.
func (c *Console) TellUndo(words string, undo func()) {
	if c.Notes != nil {
		c.Notes.Offer(words, "Undo", undo)
	}
}

// MenuChanged has the window's menu made anew, after the title of a command changed.
func (c *Console) MenuChanged() {
	if c.RemakeMenu != nil {
		c.RemakeMenu()
	}
}

// tell says that the change was made, with a button that takes it back where it can be.
func (a *Asking) tell(effect *engine.Effect) {
	switch made := effect.Change; {
	case a.Told == "":
	case made == "" || a.Change.Undo != "" || len(a.Change.Revoke) > 0:
		a.Console.Tell(a.Told)
	default:
		a.Console.TellUndo(a.Told, func() { a.Console.takeBack(made, a.Told) })
	}
}

// takeBack takes a change back that was told of, with all of its entries.
func (c *Console) takeBack(change engine.ID, told string) {
	kit.Fetch(c.Background, func(ctx context.Context) ([]engine.AuditEntry, error) {
		return c.Admin.Audit(ctx, engine.AuditQuery{Change: change, Limit: 1})
	}, func(entries []engine.AuditEntry, err error) {
		if err == nil && len(entries) == 0 {
			err = engine.ErrNotFound
		}
		if err != nil {
			kit.ShowError(c.Window, "Nothing was undone", err)
			return
		}
		what := strings.ToLower(told[:1]) + told[1:]
		AskChange(c, engine.Change{Undo: entries[0].ID}, "Undo: "+what+"?", "Undone: "+what)
	})
}
