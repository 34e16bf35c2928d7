package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/model"
)

// Page is one page of the console: an entry of the rail and what it shows.
type Page interface {
	// Name is the page's id in settings, snapshots and help links: one word in lower case.
	Name() string
	// Title is the word on the rail.
	Title() string
	Icon() fyne.Resource
	// Content is what the page shows. It stays the same.
	Content() fyne.CanvasObject
	// Update shows a state. It is called when the page is shown, and at each tick while it is visible.
	Update(*model.State)
	// Commands are the page's menu items; their shortcuts work while the page is shown.
	Commands() []Command
}

// Optional is a page that only some installations have a use for.
type Optional interface {
	// Wanted tells whether the rail and the menu are to lead to it.
	Wanted(*model.State) bool
}

// Leaving is a page that keeps the state that it showed last.
type Leaving interface {
	// Leave is called when another page is shown. The page then keeps that state Lean: ten thousand live sessions take 10 MB, and each page
	// would keep others.
	Leave()
}

// Opener is a page that can show one thing, such as a session by its id.
type Opener interface {
	Open(thing string)
}

// Keyed is a page that takes the keys of who comes to it from another page or by Ctrl+K.
type Keyed interface {
	// TakesKeys is the widget that gets them, such as the table whose row was opened; nil for none. One that is not shown gets none.
	TakesKeys() fyne.Focusable
}

// Filtered is a page with a filter, which Ctrl+F gives the keyboard.
type Filtered interface {
	// TakesFilter is the field; nil where none is shown.
	TakesFilter() *widget.Entry
}

// Found is one thing that Ctrl+K can find.
type Found struct {
	Page  string // the page's name
	Thing string // for Opener
	Text  string // what is searched and shown, such as "rule Branch uplink"
}

// Finder is a page whose things can be found.
type Finder interface {
	Find(*model.State) []Found
}

// Command is a menu item. Every shortcut is a menu item, because Fyne's canvas shortcuts do not work while a field has the focus.
type Command struct {
	Title    string
	Shortcut fyne.Shortcut // nil where there is none
	Run      func()
	// Changes marks a command that changes something. It is hidden from users who may only view.
	Changes bool
	// Finds are words by which Ctrl+K finds the command besides its title. A command that needs something selected has none, and is not
	// found.
	Finds string
}
