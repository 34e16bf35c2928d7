package main

import (
	"context"
	"os"
	"time"

	"github.com/godbus/dbus/v5"
)

// The object that knows whether a desktop shows the icons of programs.
const (
	trayWatcher     = "org.kde.StatusNotifierWatcher"
	trayWatcherPath = "/StatusNotifierWatcher"
)

// trayWithin is how long the desktop may take to answer.
const trayWithin = 2 * time.Second

// trayAnswers tells whether this desktop shows the icons of programs now. Without that a window that hides would be lost.
func trayAnswers(ctx context.Context) bool {
	if !mayNotify() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, trayWithin)
	defer cancel()
	bus, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return false
	}
	defer bus.Close()
	var shown dbus.Variant
	err = bus.Object(trayWatcher, trayWatcherPath).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart,
		trayWatcher, "IsStatusNotifierHostRegistered").Store(&shown)
	answer, ok := shown.Value().(bool)
	return err == nil && ok && answer
}

// mayNotify tells whether there is a desktop's bus to notify over. Without one the library would start a bus of its own.
func mayNotify() bool { return os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" }
