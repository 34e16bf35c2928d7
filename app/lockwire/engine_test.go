package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

func TestWhatTheCommandLineAsksForComesBeforeTheDataFolder(t *testing.T) {
	for _, test := range []struct {
		name    string
		asked   options
		started bool
	}{
		{"the try-out", options{tryOut: true}, true},
		{"a broker elsewhere that does not know this user", options{broker: "broker.example:6170"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("HOME", t.TempDir())
			t.Setenv("XDG_CONFIG_HOME", "")
			t.Setenv("XDG_STATE_HOME", "")
			// A broker that took up this folder would fail on it, or change it.
			folder := t.TempDir()
			database := filepath.Join(folder, "lockwire.db")
			if err := os.WriteFile(database, []byte("not a database"), 0o600); err != nil {
				t.Fatal(err)
			}
			test.asked.data = folder
			run, err := startEngine(t.Context(), test.asked, slog.New(slog.NewTextHandler(io.Discard, nil)))
			if (err == nil) != test.started {
				t.Fatalf("started: %v", err)
			}
			if err == nil {
				if run.folder == folder {
					t.Error("it runs on the data folder")
				}
				if err := run.close(); err != nil {
					t.Error(err)
				}
			}
			entries, err := os.ReadDir(folder)
			if err != nil || len(entries) != 1 {
				t.Errorf("the data folder has %v, %v", entries, err)
			}
		})
	}
}
