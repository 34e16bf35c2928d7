package ui

import (
	"fyne.io/fyne/v2"

	"lockwire/engine"
)

// Page is one entry of the rail.
type Page interface {
	// Name is the page's id in settings, snapshots and help links: one word in lower case.
	Name() string
	// Title is the word on the rail.
	Title() string
	Icon() fyne.Resource
	// Content is what the page shows. It is built at the first call and stays the same.
	Content() fyne.CanvasObject
	// Update tells the newest state. It is called when the page is shown, and then at each tick while it is visible.
	Update(*State)
	// Commands are the page's menu items; their shortcuts work while the page is shown.
	Commands() []Command
}

// Opener is a page that can be asked to show one thing, such as a session by its id.
type Opener interface {
	Open(thing string)
}

// Found is one thing that Ctrl+K can find.
type Found struct {
	Page  string // the page's name
	Thing string // for Opener
	Text  string // what is searched and shown, such as "rule Branch uplink"
}

// Finder is a page whose things can be found.
type Finder interface {
	Find(*State) []Found
}

// Command is a menu item. Every shortcut is one, because Fyne's canvas shortcuts are dead while a field has the focus.
type Command struct {
	Title    string
	Shortcut fyne.Shortcut // nil where there is none
	Run      func()
	// Changes tells that it changes something: it is absent for who may only view.
	Changes bool
}

// State is what the console knows at one moment. It is never changed once it is made.
type State struct {
	engine.Snapshot
	Installation engine.Installation
	Rules        engine.RuleSet
	// Refusals are the receipts of what was refused in the last day, newest first.
	Refusals []engine.Receipt
	// Past is the throughput of the last 15 minutes, oldest first.
	Past []Sample
	// Trails are the rates of the live sessions in the last minute.
	Trails *RateTrails
	// Loads is the load of the last 15 minutes of each component, oldest first.
	Loads map[engine.ID][]LoadSample
	// Problem says in words why the state is old: the broker cannot be reached. Empty while all is well.
	Problem string
}

// MayChange tells whether the user may change things. What changes things is absent where not.
func (s *State) MayChange() bool { return s.Installation.Role == engine.MayChange }
