package page

import (
	"io"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
)

// Console is what the pages share.
type Console struct {
	Admin  engine.Administration
	Window fyne.Window
	// Preferences keep what the user chose: columns, filters, page, theme.
	Preferences fyne.Preferences
	// Background runs work off Fyne's goroutine and then done on it. The work's context ends with the console.
	Background kit.Background
	// Go shows a page, and opens a thing on it if the page is an Opener.
	Go func(page, thing string)
	// MayChange reports whether the user may change things.
	MayChange func() bool
	// Refresh fetches the newest state at once, after a change.
	Refresh func()
	// WatchKeys makes kit.WindowKey work in a new window; nil where the driver cannot.
	WatchKeys func(fyne.Window)
	// SetAppearance changes the theme and keeps the choice; nil where it cannot be chosen.
	SetAppearance func(kit.Appearance)
	// AgentBuilds lists the agents that lie beside the console, for machines that are to join; nil or empty where there are none.
	AgentBuilds func() []AgentBuild
	// DataFolder is where the installation keeps its data; empty where the broker is elsewhere.
	DataFolder string
	// OtherBrokers opens windows on brokers elsewhere; nil where none can be opened.
	OtherBrokers *OtherBrokers
	// Drawing says how the window is drawn where that is not as usual; empty else.
	Drawing string
	// Banner stands above every page; nil where there is nothing to say.
	Banner *Banner
	// Notifies reports whether this desktop can show notifications.
	Notifies bool
	// Looked is when a window last showed this installation; the shell keeps it.
	Looked model.LastLook
	// Notes say over the page what was done; nil where nobody reads them.
	Notes *kit.PassingNotes
	// RemakeMenu has the window's menu made anew; the shell sets it.
	RemakeMenu func()
	// Lowest is the rate that overview and status bar show as the lowest headroom.
	Lowest model.SteadyRate
	// TypingPause is the pause in typing after which the engine is asked; 0 asks at each letter.
	TypingPause time.Duration
	// ReadRules reads a file of rules for an import, with notes on what it interprets differently. Replace and withSettings are
	// those of engine.RuleImport. Nil where files cannot be read.
	ReadRules func(file io.Reader, replace, withSettings bool) (engine.RuleImport, []string, error)
	// WriteRules writes rules as such a file; nil where none can be written.
	WriteRules func(file io.Writer, rules engine.RuleSet) error

	watching []func(*model.State) (closed bool) // the editors that are open
}

// AgentBuild is an agent's program for one platform.
type AgentBuild struct {
	OS, Arch string // Go's names, such as linux and amd64
	Path     string // of the file
}
