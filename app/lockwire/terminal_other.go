//go:build !windows

package main

import (
	"fmt"
	"io"
	"os"
)

// terminal is who hears what the program says: standard error, wherever that leads.
type terminal struct{}

func openTerminal() *terminal { return &terminal{} }

// leave has nothing to do: a program keeps the terminal that it was started in.
func (*terminal) leave() {}

// tell says what ends the program.
func (*terminal) tell(words string) { fmt.Fprintln(os.Stderr, words) }

// log gives what the log is written to, and closes it.
func (*terminal) log(string) (io.Writer, func()) { return os.Stderr, func() {} }
