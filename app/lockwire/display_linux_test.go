package main

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestWithoutADisplayItSaysWhatToDo(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"none":          {"DISPLAY": "", "WAYLAND_DISPLAY": ""},
		"nobody there":  {"DISPLAY": ":4711", "WAYLAND_DISPLAY": ""},
		"no number":     {"DISPLAY": "screen", "WAYLAND_DISPLAY": ""},
		"dead wayland":  {"DISPLAY": "", "WAYLAND_DISPLAY": "/nonexistent/wayland-0"},
		"not a network": {"DISPLAY": "127.0.0.1:x", "WAYLAND_DISPLAY": ""},
	} {
		t.Run(name, func(t *testing.T) {
			for key, value := range env {
				t.Setenv(key, value)
			}
			if _, _, err := checkDisplay(false); !errors.Is(err, errNoDisplay) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheProgramEndsWithWordsWhereThereIsNoDisplay(t *testing.T) {
	command := exec.Command(build(t, released))
	command.Env = []string{"HOME=" + t.TempDir()}
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "lockwired demo") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTheProgramEndsWithWordsWhereTheDisplayIsNotForTheUser(t *testing.T) {
	need(t, "Xvfb")
	authority := filepath.Join(t.TempDir(), "authority")
	if err := os.WriteFile(authority, authorityEntry(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, arguments := range map[string][]string{
		"as usual":    {"--try"},
		"by software": {"--try", "--software"},
	} {
		t.Run(name, func(t *testing.T) {
			command := bareDisplay(t, "-auth", authority).command(build(t, released), arguments...)
			command.Env = append(command.Env, "XAUTHORITY=/nonexistent")
			out, err := command.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "no window can be opened") || strings.Contains(string(out), "goroutine") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// authorityEntry is a line of an X authority file with a cookie, for every display.
func authorityEntry() []byte {
	const wild = 0xffff
	entry := binary.BigEndian.AppendUint16(nil, wild)
	for _, field := range []string{"", "", "MIT-MAGIC-COOKIE-1", "0123456789abcdef"} {
		entry = append(binary.BigEndian.AppendUint16(entry, uint16(len(field))), field...)
	}
	return entry
}

// An X server that nobody else uses begins anew when its last client leaves. One in ten starts came at that moment and crashed.
func TestTheConsoleOpensOnADisplayThatNobodyElseUses(t *testing.T) {
	need(t, "Xvfb", "xdotool")
	for range 5 {
		s := bareDisplay(t)
		s.run(build(t, released), "--data", filepath.Join(s.folder, "none"))
		s.close(os.Interrupt)
	}
}
