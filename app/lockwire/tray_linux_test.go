package main

import (
	"bufio"
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"

	"lockwire/app/server"
	"lockwire/engine"
)

// panel is a desktop's panel as far as a tray needs one: it watches for icons and takes notifications.
type panel struct {
	t     *testing.T
	bus   *dbus.Conn
	items chan string   // the bus names of the programs that register an icon
	notes chan []string // title and text of notifications
}

// newBus starts a session bus of the test's own; the program under test and trayAnswers find it.
func newBus(t *testing.T) *dbus.Conn {
	t.Helper()
	need(t, "dbus-daemon")
	daemon := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address", "--address=unix:dir="+t.TempDir())
	out, err := daemon.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { daemon.Process.Kill(); daemon.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	bus, err := dbus.Connect(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	return bus
}

// newPanel puts a panel on a bus. Host tells whether it says that it shows icons.
func newPanel(t *testing.T, bus *dbus.Conn, host bool) *panel {
	t.Helper()
	p := &panel{t: t, bus: bus, items: make(chan string, 16), notes: make(chan []string, 16)}
	if err := bus.Export(watcherMethods{p}, trayWatcherPath, trayWatcher); err != nil {
		t.Fatal(err)
	}
	if _, err := prop.Export(bus, trayWatcherPath, prop.Map{trayWatcher: {"IsStatusNotifierHostRegistered": {Value: host}}}); err != nil {
		t.Fatal(err)
	}
	const notifications = "org.freedesktop.Notifications"
	if err := bus.Export(notificationMethods{p}, "/org/freedesktop/Notifications", notifications); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{trayWatcher, notifications} {
		if reply, err := bus.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
			t.Fatalf("%s: %v, %v", name, reply, err)
		}
	}
	return p
}

type watcherMethods struct{ panel *panel }

// RegisterStatusNotifierItem is what a program calls that has an icon.
func (w watcherMethods) RegisterStatusNotifierItem(sender dbus.Sender, _ string) *dbus.Error {
	w.panel.items <- string(sender)
	return nil
}

type notificationMethods struct{ panel *panel }

// Notify is what a program calls that has something to say.
func (n notificationMethods) Notify(_ string, _ uint32, _, title, text string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.panel.notes <- []string{title, text}
	return 1, nil
}

// icon is a program's icon in the panel.
type icon struct {
	panel      *panel
	item, menu dbus.BusObject
}

// icon waits for the program's.
func (p *panel) icon(s *screen) icon {
	p.t.Helper()
	name := ""
	s.wait("the icon", func() bool {
		select {
		case name = <-p.items:
			return true
		default:
			return false
		}
	})
	return icon{p, p.bus.Object(name, "/StatusNotifierItem"), p.bus.Object(name, "/StatusNotifierItem/menu")}
}

// picture is what the icon looks like, as the panel gets it.
func (i icon) picture() string {
	i.panel.t.Helper()
	found, err := i.item.GetProperty("org.kde.StatusNotifierItem.IconPixmap")
	if err != nil {
		i.panel.t.Fatal(err)
	}
	return found.String()
}

// entries are the lines of the menu with their ids.
func (i icon) entries() map[string]int32 {
	i.panel.t.Helper()
	type layout struct {
		ID         int32
		Properties map[string]dbus.Variant
		Children   []dbus.Variant
	}
	var revision uint32
	var root layout
	if err := i.menu.Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root); err != nil {
		i.panel.t.Fatal(err)
	}
	entries := map[string]int32{}
	for _, child := range root.Children {
		var entry layout
		if err := dbus.Store([]any{child.Value()}, &entry); err != nil {
			i.panel.t.Fatal(err)
		}
		if label, ok := entry.Properties["label"].Value().(string); ok {
			entries[label] = entry.ID
		}
	}
	return entries
}

// choose clicks an entry of the menu.
func (i icon) choose(label string) {
	i.panel.t.Helper()
	id, found := i.entries()[label]
	if !found {
		i.panel.t.Fatalf("the menu has %v, and no %q", i.entries(), label)
	}
	if err := i.menu.Call("com.canonical.dbusmenu.Event", 0, id, "clicked", dbus.MakeVariant(""), uint32(0)).Err; err != nil {
		i.panel.t.Fatal(err)
	}
}

func TestATrayAnswersOnlyWhereIconsAreShown(t *testing.T) {
	bus := newBus(t)
	if trayAnswers(t.Context()) {
		t.Error("a bus without a panel")
	}
	newPanel(t, bus, false)
	if trayAnswers(t.Context()) {
		t.Error("a panel that shows no icons")
	}
	newPanel(t, newBus(t), true)
	if !trayAnswers(t.Context()) {
		t.Error("a panel that shows icons")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
	if trayAnswers(t.Context()) {
		t.Error("a bus that is not there")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	if trayAnswers(t.Context()) {
		t.Error("no bus")
	}
}

// The broker in the window goes on in the tray; the icon, a notification, and the way back from there and by a second start.
func TestABrokerInTheTrayGoesOnAndItsWindowComesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts the program")
	}
	need(t, "Xvfb", "openbox", "xdotool")
	needPorts(t)
	program := build(t, released)
	data := newInstallation(t)
	p := newPanel(t, newBus(t), true)
	s := open(t, program, "--data", data)
	icon := p.icon(s)
	visible := func() bool {
		return s.command("xdotool", "search", "--onlyvisible", "--name", "^Lockwire.*broker").Run() == nil
	}
	says := func(words string) func() bool {
		return func() bool { _, there := icon.entries()[words]; return there }
	}
	s.wait("the window", visible)
	s.wait("the state in the menu", says("All is well"))
	well := icon.picture()
	hide := func() {
		window := s.window()
		// The last button but one of the question, reached from nowhere by Shift+Tab twice. On a busy machine the window may go only after
		// the look at it, and is not there any more for the next try, which then fails.
		s.wait("the window in the tray", func() bool {
			if !visible() {
				return true
			}
			_ = s.command("timeout", "20", "xdotool", "windowfocus", "--sync", window, "key", "Escape", "sleep", "0.3", "key", "alt+F4", "sleep", "1", "key", "--delay", "80", "shift+Tab", "shift+Tab", "space", "sleep", "0.7").Run()
			return !visible()
		})
	}
	hide()
	admin, closing, err := server.Attach(context.Background(), data)
	if err != nil {
		t.Fatalf("the broker in the tray: %v", err)
	}
	defer closing()
	// Something that needs attention: encryption of what touches public addresses is turned off.
	change := engine.Change{Setting: &engine.SettingChange{Name: "DisablePublicIPTrafficEncryption", Value: "1"}} // it was never edited
	if _, err := engine.ApplyShown(context.Background(), admin, change, false, func(engine.Effect) {}); err != nil {
		t.Fatal(err)
	}
	s.wait("the state in the menu", says("1 thing needs attention"))
	s.wait("an icon that looks otherwise than when all is well", func() bool { return icon.picture() != well })
	var note []string
	s.wait("a notification", func() bool {
		select {
		case note = <-p.notes:
			return true
		default:
			return false
		}
	})
	if want := []string{"Lockwire", "Something needs attention. Open Lockwire to see what."}; !slices.Equal(note, want) {
		t.Errorf("the notification says %q", note)
	}
	icon.choose("Open Lockwire")
	s.wait("the window from the tray", visible)
	hide()
	if out, err := s.command(program, "--data", data).CombinedOutput(); err != nil {
		t.Errorf("the second start: %v\n%s", err, out)
	}
	s.wait("the window by a second start", visible)
	hide()
	icon.choose("Quit") // comes to ask
	s.wait("the window with the question", visible)
	select {
	case note := <-p.notes:
		t.Errorf("a second notification: %q", note)
	default:
	}
	s.close(syscall.SIGTERM)
}
