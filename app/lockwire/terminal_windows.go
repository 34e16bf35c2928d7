package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"

	"golang.org/x/sys/windows"
)

// terminal is who hears what the program says. Windows gives a program with a window no standard error of its own: words go
// to the console window that it was started from, to where somebody redirected them, or else into a message box.
type terminal struct {
	attached bool // to a console window
	heard    bool // somebody, or a file, gets what is written to standard error
}

var (
	kernel        = windows.NewLazySystemDLL("kernel32.dll")
	attachConsole = kernel.NewProc("AttachConsole")
	freeConsole   = kernel.NewProc("FreeConsole")
)

// attachParentProcess asks for the console window of the process that started this one.
const attachParentProcess = ^uintptr(0)

// openTerminal attaches to the console window that the program was started from, for those of standard output and standard
// error that were not redirected.
func openTerminal() *terminal {
	t := &terminal{heard: leads(windows.STD_ERROR_HANDLE)}
	redirected := leads(windows.STD_OUTPUT_HANDLE)
	if t.heard && redirected {
		return t
	}
	if attached, _, _ := attachConsole.Call(attachParentProcess); attached == 0 {
		return t
	}
	screen, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		freeConsole.Call()
		return t
	}
	t.attached = true
	if !redirected {
		os.Stdout = screen
	}
	if !t.heard {
		os.Stderr, t.heard = screen, true
	}
	return t
}

// leads tells whether a standard handle leads anywhere.
func leads(standard uint32) bool {
	handle, err := windows.GetStdHandle(standard)
	if err != nil || handle == 0 || handle == windows.InvalidHandle {
		return false
	}
	kind, err := windows.GetFileType(handle)
	return err == nil && kind != windows.FILE_TYPE_UNKNOWN
}

// leave gives the console window back: who closes it shall not end a console whose window is open, and its broker.
func (t *terminal) leave() {
	if t.attached {
		freeConsole.Call()
		t.attached, t.heard = false, leads(windows.STD_ERROR_HANDLE)
	}
}

// tell says what ends the program, in a message box where nobody hears it otherwise.
func (t *terminal) tell(words string) {
	if t.heard {
		fmt.Fprintln(os.Stderr, words)
		return
	}
	text, err := windows.UTF16PtrFromString(words)
	if err != nil {
		return // a NUL: no words for a person
	}
	title, _ := windows.UTF16PtrFromString("Lockwire") // has no NUL
	windows.MessageBox(0, text, title, windows.MB_OK|windows.MB_ICONERROR|windows.MB_SETFOREGROUND)
}

// log gives what the log is written to, and closes it: a file in the data folder, and standard error where that is heard.
// Fyne's own words and those of a crash go there too.
func (t *terminal) log(folder string) (io.Writer, func()) {
	file, err := openLogFile(folder)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lockwire: there is no log file:", err)
		return os.Stderr, func() {}
	}
	var to io.Writer = file
	if t.heard {
		to = io.MultiWriter(file, os.Stderr)
	}
	log.SetOutput(to)
	if err := debug.SetCrashOutput(file.file, debug.CrashOptions{}); err != nil {
		fmt.Fprintln(to, "a crash will leave nothing in this file:", err)
	}
	return to, func() { file.Close() }
}
