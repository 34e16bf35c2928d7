package main

import (
	"testing"

	"github.com/spf13/cobra"
)

func TestADoubleClickOnWindowsOpensTheWindow(t *testing.T) {
	command(openTerminal())
	if cobra.MousetrapHelpText != "" {
		t.Errorf("cobra ends a program that Explorer starts with: %s", cobra.MousetrapHelpText)
	}
}
