package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
)

// withoutWriting is a data folder in which nothing may be written, as a broker leaves it that was killed: the newest rule stands in
// the write-ahead log alone.
func withoutWriting(t *testing.T) string {
	t.Helper()
	running := equipped(t)
	opened, err := server.OpenFolder(t.Context(), server.Options{Path: running, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	newest := engine.Rule{ID: engine.NewID(), Revision: 1, Name: "Newest", Enabled: true, Encrypt: true,
		Source: []engine.Selector{{Kind: engine.SelectAny}}, Target: []engine.Selector{{Kind: engine.SelectAny}}}
	left := filepath.Join(shortFolder(t), "left")
	err = opened.Store.Write(t.Context(), func(tx engine.Transaction) error { return tx.PutRule(newest) })
	if err := errors.Join(err, os.CopyFS(left, os.DirFS(running)), opened.Close()); err != nil {
		t.Fatal(err)
	}
	if log, err := os.Stat(filepath.Join(left, "lockwire.db-wal")); err != nil || log.Size() == 0 {
		t.Fatalf("the log is not there: %v", err)
	}
	if err := errors.Join(os.Chmod(filepath.Join(left, "authority.pem"), 0o600), os.Chmod(left, 0o700)); err != nil {
		t.Fatal(err)
	}
	forbidWriting(t, left)
	if err := os.WriteFile(filepath.Join(left, "probe"), nil, 0o600); err == nil {
		t.Fatal("the folder can be written")
	}
	return left
}

func TestAFolderInWhichNothingMayBeWrittenCanBeLookedAt(t *testing.T) {
	path, scratch := withoutWriting(t), t.TempDir()
	t.Setenv("TMPDIR", scratch)
	runSteps(t, path, []step{
		{"rules list", 0, []string{"Internet", "Newest"}},
		{"rules show Newest", 0, []string{"Newest"}},
		{"rules export", 0, []string{`"Newest"`}},
		{"explain --source fileserver --target vault", 0, []string{"sealed", "Newest"}},
		{"coverage", 0, []string{"fileserver", "vault"}},
		{"components list", 0, []string{"fileserver"}},
		{"components show vault", 0, []string{"10.0.1.1"}},
		{"services list", 0, []string{"repository"}},
		{"routes list", 0, []string{"nightly"}},
		{"settings get", 0, []string{"DisablePublicIPTrafficEncryption"}},
		{"receipts list", 0, []string{"ID"}},
		{"receipts totals", 0, nil},
		{"receipts export", 0, []string{"id,began,ended"}},
		{"audit", 0, []string{"installation.found"}},
		{"administrators list", 0, nil},
		{"rules disable Newest --dry-run --yes", 0, []string{"nothing was changed (dry run)"}},
		{"status", host.ExitNoBroker, nil},
		{"sessions list", host.ExitNoBroker, nil},
	})
	for _, line := range []string{
		"rules disable Newest --yes", "rules add More --source any --target any", "rules remove Newest --yes", "settings set DisablePublicIPTrafficEncryption 1 --yes",
		"components tag vault --add second", "components token more --role server --broker-address b:6170", "components revoke vault --yes",
		"routes edit nightly --enabled=false", "services remove repository",
	} {
		got := run(t, "", append(strings.Fields(line), "--data", path)...)
		if got.code != host.ExitFailed || !strings.Contains(got.err, path) || !strings.Contains(got.err, "can be looked at, and nothing in it can be changed") {
			t.Errorf("%s: exit code %d, %s%s", line, got.code, got.out, got.err)
		}
	}
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("%v is left behind, %v", left, err)
	}
}

func TestAnEmptyFolderInWhichNothingMayBeWrittenHasNoInstallation(t *testing.T) {
	path := t.TempDir()
	forbidWriting(t, path)
	if got := run(t, "", "rules", "list", "--data", path); got.code != host.ExitFailed || !strings.Contains(got.err, "there is no installation") {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
}

// forbidWriting sees to it that nothing may be written in a folder until the test ends: by a mount for root, who is not held up by
// modes, and by modes for anybody else.
func forbidWriting(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		if err := os.Chmod(path, 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.Chmod(path, 0o700); err != nil {
				t.Error(err)
			}
		})
		return
	}
	err := unix.Mount(path, path, "", unix.MS_BIND, "")
	if err != nil {
		t.Skipf("nothing can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(path, 0); err != nil {
			t.Error(err)
		}
	})
	if err := unix.Mount("", path, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
}
