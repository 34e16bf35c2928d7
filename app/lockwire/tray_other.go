//go:build !linux

package main

import "context"

// trayAnswers: the systems besides Linux have a tray always.
func trayAnswers(context.Context) bool { return true }

// mayNotify is false: Fyne hands the words of a notification to a script on Windows, which virus scanners stop.
func mayNotify() bool { return false }
