package main

import (
	"errors"
	"os/exec"
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
			if err := checkDisplay(); !errors.Is(err, errNoDisplay) {
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
