package ui

import (
	"fmt"
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// Shell is the window's content: a rail of pages, the page that is shown, and the status bar.
type Shell struct {
	console *page.Console
	pages   []page.Page
	shown   page.Page
	state   *model.State

	rail    []*railButton
	stage   *fyne.Container
	problem *fyne.Container
	veil    *canvas.Rectangle // dims what is old
	status  *statusBar
	content fyne.CanvasObject
	help    *helpWindow // nil while it is closed
}

const railWidth = 150

// NewShell makes the content of a window. The first page is shown.
func NewShell(console *page.Console, pages ...page.Page) *Shell {
	s := &Shell{console: console, pages: pages, stage: container.NewStack(), problem: container.NewStack(), veil: canvas.NewRectangle(kit.Veil())}
	s.problem.Hide()
	s.veil.Hide()
	s.status = newStatusBar(&console.Lowest, func(page, thing string) { console.Go(page, thing) })
	rail := container.NewVBox()
	for _, page := range pages {
		button := newRailButton(page.Title(), page.Icon(), func() { s.Show(page.Name()) })
		if !s.wanted(page) {
			button.Hide()
		}
		s.rail = append(s.rail, button)
		rail.Add(button)
	}
	back := canvas.NewRectangle(kit.Color(kit.ColorRail))
	wide := canvas.NewRectangle(color.Transparent) // a bold word must not push the page aside
	wide.SetMinSize(fyne.NewSize(railWidth, 0))
	side := container.NewStack(back, wide, container.NewPadded(container.NewVScroll(rail)))
	line := widget.NewSeparator()
	above := container.NewVBox(s.problem)
	if console.Banner != nil {
		above = container.NewVBox(console.Banner.Content(console, func() { s.content.Refresh() }), s.problem)
	}
	// A page that needs more room than the window has is scrolled: its least size must not make the window larger than the screen.
	// Its padding is scrolled with it: what a scroll cuts at its edge is drawn lower than it is. Tab reaches the page before the rail, which
	// has Ctrl and a number.
	s.content = kit.WithTips(container.NewBorder(above, container.NewVBox(widget.NewSeparator(), s.status.content), kit.Border(nil, nil, nil, line, side), nil, s.middle()))
	console.Go = func(shown, thing string) {
		s.Show(shown)
		if opener, ok := s.shown.(page.Opener); ok && thing != "" {
			opener.Open(thing)
		}
		if keyed, ok := s.shown.(page.Keyed); ok && console.Window != nil {
			if takes := keyed.TakesKeys(); takes != nil {
				console.Window.Canvas().Focus(takes)
			}
		}
	}
	console.RemakeMenu = s.setMenu
	if console.Window != nil {
		console.Window.Canvas().SetOnTypedKey(s.key)
	}
	if len(pages) > 0 {
		s.Show(pages[0].Name())
	}
	return s
}

// middle is the page, and above it the notes that pass.
func (s *Shell) middle() fyne.CanvasObject {
	middle := container.NewStack(container.NewScroll(container.NewPadded(s.stage, s.veil)))
	if s.console.Notes != nil {
		middle.Add(s.console.Notes.Content)
	}
	return middle
}

// Content is what the window shows.
func (s *Shell) Content() fyne.CanvasObject { return s.content }

// Shown is the page that is shown.
func (s *Shell) Shown() page.Page { return s.shown }

// Show shows a page by its name; an unknown one changes nothing.
func (s *Shell) Show(name string) {
	for i, page := range s.pages {
		if page.Name() != name {
			continue
		}
		if s.shown != page {
			s.leave()
		}
		s.shown = page
		s.stage.Objects = []fyne.CanvasObject{page.Content()}
		s.stage.Refresh()
		for j, button := range s.rail {
			button.choose(j == i)
		}
		s.presentRail()
		if s.state != nil {
			page.Update(s.state)
		}
		s.setMenu()
		if s.console.Preferences != nil {
			s.console.Preferences.SetString("page", name)
		}
		return
	}
}

// leave takes from the page that is shown what it has of the window: a widget of it must not get keys meant for the next one.
func (s *Shell) leave() {
	if s.console.Window != nil {
		s.console.Window.Canvas().Unfocus()
		kit.HideTip(s.console.Window.Canvas())
	}
	if leaving, ok := s.shown.(page.Leaving); ok {
		leaving.Leave()
	}
}

// wanted tells whether rail and menu lead to a page: always to the one that is shown, and to an optional one where the installation has a
// use for it.
func (s *Shell) wanted(shown page.Page) bool {
	optional, ok := shown.(page.Optional)
	return !ok || shown == s.shown || s.state != nil && optional.Wanted(s.state)
}

// presentRail shows the pages that are wanted on the rail. It reports whether that are others than before.
func (s *Shell) presentRail() (changed bool) {
	for i, page := range s.pages {
		wanted := s.wanted(page)
		changed = changed || wanted != s.rail[i].Visible()
		kit.Present(s.rail[i], wanted)
	}
	return changed
}

// Update passes the newest state to the shown page and the status bar.
func (s *Shell) Update(state *model.State) {
	roleChanged := s.state == nil || s.state.MayChange() != state.MayChange()
	s.state = state
	if railChanged := s.presentRail(); roleChanged || railChanged {
		s.setMenu()
	}
	s.console.Looked.Update(s.console.Preferences, state)
	kit.Present(s.veil, state.AsOf() != "")
	s.showProblem(state.OldWords())
	s.status.update(state)
	s.console.Saw(state)
	if s.shown != nil {
		s.shown.Update(state)
	}
}

// showProblem shows a notice above everything while what is below it is old.
func (s *Shell) showProblem(words string) {
	if words == "" {
		if len(s.problem.Objects) > 0 {
			s.problem.Objects = nil
			s.problem.Hide()
		}
		return
	}
	if len(s.problem.Objects) > 0 {
		s.problem.Objects[0].(*kit.Notice).SetText(words)
		return
	}
	s.problem.Objects = []fyne.CanvasObject{kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, words)}
	s.problem.Show()
}

// setMenu gives the window the menu of the page that is shown. All shortcuts live in it.
func (s *Shell) setMenu() {
	window := s.console.Window
	if window == nil {
		return
	}
	var pages []*fyne.MenuItem
	for i, page := range s.pages {
		if !s.wanted(page) {
			continue
		}
		item := fyne.NewMenuItem(page.Title(), s.unlessAsked(func() { s.Show(page.Name()) }))
		item.Icon = page.Icon()
		if i < 9 {
			item.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyName(fmt.Sprint(i + 1)), Modifier: fyne.KeyModifierShortcutDefault}
		}
		pages = append(pages, item)
	}
	find := fyne.NewMenuItem("Find…", s.unlessAsked(s.Find))
	find.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyK, Modifier: fyne.KeyModifierShortcutDefault}
	refresh := fyne.NewMenuItem("Refresh", func() { s.console.Refresh() })
	refresh.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyF5}
	find.Icon, refresh.Icon = theme.SearchIcon(), theme.ViewRefreshIcon()
	note := fyne.NewMenuItem("Last message", s.unlessAsked(func() {
		if s.console.Notes != nil {
			s.console.Notes.Reach()
		}
	}))
	note.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyM, Modifier: fyne.KeyModifierShortcutDefault}
	note.Icon = theme.MailReplyIcon()

	further := []*fyne.MenuItem{fyne.NewMenuItemSeparator(), find, refresh, note}
	if filtered, ok := s.shown.(page.Filtered); ok {
		filter := fyne.NewMenuItem("Filter", s.unlessAsked(func() { s.filter(filtered) }))
		filter.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyF, Modifier: fyne.KeyModifierShortcutDefault}
		filter.Icon = theme.SearchIcon()
		further = slices.Insert(further, 2, filter)
	}
	menus := []*fyne.Menu{grid.Menu("Go", append(pages, further...)...)}
	if s.shown != nil {
		var items []*fyne.MenuItem
		for _, command := range s.shown.Commands() {
			if command.Changes && !s.mayChange() {
				continue
			}
			item := fyne.NewMenuItem(command.Title, s.unlessTyping(command))
			item.Shortcut = command.Shortcut
			items = append(items, item)
		}
		if len(items) > 0 {
			menus = append(menus, grid.Menu(s.shown.Title(), items...))
		}
	}
	about := "Help"
	if s.shown != nil {
		about = "Help on " + s.shown.Title()
	}
	page := fyne.NewMenuItem(about, s.Help)
	page.Shortcut = &desktop.CustomShortcut{KeyName: fyne.KeyF1}
	contents := fyne.NewMenuItem("Contents", func() { s.openHelp(helpStart) })
	keys := fyne.NewMenuItem("Keys", func() { s.openHelp(helpKeys) })
	help := grid.Menu("Help", page, contents, keys, fyne.NewMenuItemSeparator(), fyne.NewMenuItem("About Lockwire", func() { showAbout(s.console, s.state) }))
	window.SetMainMenu(fyne.NewMainMenu(append(menus, help)...))
}

// filter gives the page's filter the keyboard, with its text selected, so that typing replaces it.
func (s *Shell) filter(shown page.Filtered) {
	if entry := shown.TakesFilter(); entry != nil && entry.Visible() {
		s.console.Window.Canvas().Focus(entry)
		entry.TypedShortcut(&fyne.ShortcutSelectAll{})
	}
}

// unlessAsked disables a shortcut while a dialog is open: the menu would still run it.
func (s *Shell) unlessAsked(run func()) func() {
	return func() {
		if s.console.Window.Canvas().Overlays().Top() == nil {
			run()
		}
	}
}

// unlessTyping wraps a page's command for the menu. The driver asks the menu before the focused widget, so without it Ctrl+C,
// Ctrl+Z and Ctrl+Y in a text field would run the page's commands.
func (s *Shell) unlessTyping(command page.Command) func() {
	run := s.unlessAsked(command.Run)
	switch command.Shortcut.(type) {
	case *fyne.ShortcutCopy, *fyne.ShortcutUndo, *fyne.ShortcutRedo:
	default:
		return run
	}
	return func() {
		focused := s.console.Window.Canvas().Focused()
		_, table := focused.(interface{ SelectionSize() int })
		if text, ok := focused.(fyne.Shortcutable); ok && !table && grid.Modifiers()&fyne.KeyModifierShortcutDefault != 0 {
			text.TypedShortcut(editing(command.Shortcut))
			return
		}
		run()
	}
}

// editing is the shortcut that a text field understands.
func editing(s fyne.Shortcut) fyne.Shortcut {
	if _, copying := s.(*fyne.ShortcutCopy); copying {
		return &fyne.ShortcutCopy{Clipboard: fyne.CurrentApp().Clipboard()}
	}
	return s
}

// key handles keys without Ctrl. Fyne's desktop driver shows them in menus but does not handle them; kit.WindowKey calls key.
func (s *Shell) key(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyF1:
		s.Help()
	case fyne.KeyF5:
		s.console.Refresh()
	case fyne.KeyInsert: // before the table has the keyboard
		if keyed, ok := s.shown.(page.Keyed); ok && s.console.Window.Canvas().Overlays().Top() == nil {
			if table := keyed.TakesKeys(); table != nil {
				table.TypedKey(e)
			}
		}
	}
}

// Help shows the documentation of the page that is shown.
func (s *Shell) Help() {
	if s.shown == nil {
		s.openHelp(helpStart)
		return
	}
	s.openHelp(helpPage(s.shown.Name()))
}

func (s *Shell) openHelp(file string) {
	first := s.help == nil
	if first {
		s.help = newHelpWindow(func() { s.help = nil })
	}
	s.help.open(file)
	s.help.window.Show()
	if first && s.console.WatchKeys != nil {
		s.console.WatchKeys(s.help.window)
	}
	s.help.window.RequestFocus()
}

func (s *Shell) mayChange() bool { return s.state != nil && s.state.MayChange() }

// railButton is one page on the rail: an icon and a word.
type railButton struct {
	widget.BaseWidget
	title  string
	icon   fyne.Resource
	tapped func()
	chosen bool
	hover  bool
	marked bool // it has the keyboard
}

func newRailButton(title string, icon fyne.Resource, tapped func()) *railButton {
	b := &railButton{title: title, icon: icon, tapped: tapped}
	b.ExtendBaseWidget(b)
	return b
}

func (b *railButton) choose(chosen bool) {
	if b.chosen != chosen {
		b.chosen = chosen
		b.Refresh()
	}
}

// AccessibilityLabel and AccessibilityRole tell assistive tools what it is.
func (b *railButton) AccessibilityLabel() string             { return b.title }
func (b *railButton) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// Tapped shows the page.
func (b *railButton) Tapped(*fyne.PointEvent) { b.tapped() }

// MouseIn, MouseMoved and MouseOut show which one is under the mouse.
func (b *railButton) MouseIn(*desktop.MouseEvent)    { b.hover = true; b.Refresh() }
func (b *railButton) MouseMoved(*desktop.MouseEvent) {}

// MouseOut takes the sign away.
func (b *railButton) MouseOut() { b.hover = false; b.Refresh() }

// FocusGained and the methods below make the rail reachable by Tab, and Space and Enter press it.
func (b *railButton) FocusGained()   { b.marked = true; b.Refresh() }
func (b *railButton) FocusLost()     { b.marked = false; b.Refresh() }
func (b *railButton) TypedRune(rune) {}
func (b *railButton) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeySpace || e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
		b.tapped()
	}
}

// CreateRenderer draws it.
func (b *railButton) CreateRenderer() fyne.WidgetRenderer {
	back := canvas.NewRectangle(kit.Color(kit.ColorRail))
	back.CornerRadius = 5
	icon := widget.NewIcon(b.icon)
	text := canvas.NewText(b.title, kit.Color(theme.ColorNameForeground))
	row := container.New(layout.NewCustomPaddedLayout(6, 6, 8, 14), container.NewHBox(icon, container.NewCenter(text)))
	return &railRenderer{WidgetRenderer: widget.NewSimpleRenderer(container.NewStack(back, row)), button: b, back: back, text: text}
}

type railRenderer struct {
	fyne.WidgetRenderer
	button *railButton
	back   *canvas.Rectangle
	text   *canvas.Text
}

func (r *railRenderer) Refresh() {
	r.back.FillColor = kit.Color(kit.ColorRail)
	r.text.Color = kit.Color(theme.ColorNameForeground)
	r.text.TextStyle.Bold = r.button.chosen
	switch {
	case r.button.chosen:
		r.back.FillColor = kit.Color(kit.ColorRowChosen)
	case r.button.hover:
		r.back.FillColor = kit.Color(theme.ColorNameHover)
	}
	r.back.StrokeColor, r.back.StrokeWidth = color.Transparent, 0
	if r.button.marked {
		r.back.StrokeColor, r.back.StrokeWidth = kit.Color(kit.ColorFocusRing), 2
	}
	r.back.Refresh()
	r.text.Refresh()
}
