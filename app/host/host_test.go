package host

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionStatesMetadataAndCommit(t *testing.T) {
	metadata := "[Details]\nName = \"Lockwire\"\nVersion = \"1.2.3\"\n"
	for _, test := range []struct {
		name, metadata, revision, modified, want string
	}{
		{"no commit", metadata, "", "", "1.2.3"},
		{"a commit", metadata, "0123456789abcdef", "false", "1.2.3+0123456789ab"},
		{"a changed one", metadata, "0123456789abcdef", "true", "1.2.3+0123456789ab-changed"},
		{"no metadata", "", "", "", "development"},
	} {
		info := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: test.revision}, {Key: "vcs.modified", Value: test.modified}}}
		if got := versionOf(test.metadata, info); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	if got := Version(); !strings.HasPrefix(got, "0.") && !strings.HasPrefix(got, "1.") {
		t.Errorf("this build is %q", got)
	}
}

func TestLoggerTakesKnownLevelsAndFormatsOnly(t *testing.T) {
	var out bytes.Buffer
	log, err := NewLogger(&out, "warn", "json")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("too quiet")
	log.Warn("heard", "n", 1)
	if got := out.String(); strings.Contains(got, "too quiet") || !strings.Contains(got, `"msg":"heard"`) {
		t.Errorf("logged %q", got)
	}
	if log, err := NewLogger(&out, "", ""); err != nil || !log.Enabled(t.Context(), slog.LevelInfo) || log.Enabled(t.Context(), slog.LevelDebug) {
		t.Errorf("empty level and format: %v", err)
	}
	if _, err := NewLogger(&out, "loud", "text"); err == nil || !strings.Contains(err.Error(), "--log-level") {
		t.Errorf("unknown level: %v", err)
	}
	if _, err := NewLogger(&out, "info", "xml"); err == nil || !strings.Contains(err.Error(), "--log-format") {
		t.Errorf("unknown format: %v", err)
	}
}

func TestSecretIsReadWithoutLineEndsAndBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("abc def\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadSecret(nil, file); err != nil || string(got) != "abc def" {
		t.Errorf("from a file: %q, %v", got, err)
	}
	for name, text := range map[string]string{"a mark": "\ufeffabc def\r\n", "UTF-16": "\xff\xfea\x00b\x00c\x00 \x00d\x00e\x00f\x00\r\x00\n\x00"} {
		if got, err := ReadSecret(strings.NewReader(text), "-"); err != nil || string(got) != "abc def" {
			t.Errorf("with %s: %q, %v", name, got, err)
		}
	}
	if _, err := ReadSecret(strings.NewReader("s\x00e\x00c\x00r\x00e\x00t\x00"), "-"); err == nil || !strings.Contains(err.Error(), "UTF-16") || strings.Contains(err.Error(), "s\x00e") {
		t.Errorf("UTF-16 without a mark: %v", err)
	}
	if got, err := ReadSecret(strings.NewReader("xyz\n"), "-"); err != nil || string(got) != "xyz" {
		t.Errorf("from standard input: %q, %v", got, err)
	}
	if _, err := ReadSecret(strings.NewReader("\n"), "-"); err == nil {
		t.Error("an empty one was taken")
	}
	long := strings.Repeat("s", maximumSecret+1)
	if _, err := ReadSecret(strings.NewReader(long), "-"); err == nil || strings.Contains(err.Error(), "sss") {
		t.Errorf("one that is too long: %v", err)
	}
	if _, err := ReadSecret(nil, file+".missing"); err == nil {
		t.Error("a missing file was read")
	}
}

func TestFolderIsMadeForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "data")
	if err := MakeFolder(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if err := MakeFolder(path); err != nil {
		t.Errorf("a second time: %v", err)
	}
	file := filepath.Join(path, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := MakeFolder(file); err == nil {
		t.Error("a file was taken for a folder")
	}
}
