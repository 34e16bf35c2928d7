package identity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAKeyToJoinWithIsTheSameUntilTheBrokerHasAnswered(t *testing.T) {
	base := filepath.Join(t.TempDir(), "attachments")
	token := newToken(t)
	ask := func(token Token, name string) string {
		t.Helper()
		key, err := JoiningKey(base, token, name)
		if err != nil {
			t.Fatal(err)
		}
		request, err := NewRequest(key)
		if err != nil {
			t.Fatal(err)
		}
		_, id, err := ParseRequest(request)
		if err != nil {
			t.Fatal(err)
		}
		return id.String()
	}
	first := ask(token, "branch-1")
	if again := ask(token, "Branch-1"); again != first {
		t.Error("the key is another one")
	}
	path := filepath.Join(base, joiningFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), token.Reveal()[2:20]) || strings.Contains(string(text), "branch-1") {
		t.Errorf("the file says what it is for, %v", err)
	}
	other := ask(token, "branch-2")
	if other == first || ask(newToken(t), "branch-2") == other {
		t.Error("a key is used for two purposes")
	}
	last := ask(token, "branch-1")
	if err := os.WriteFile(path, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if ask(token, "branch-1") == last {
		t.Error("half of a key was read")
	}
	for range 2 {
		if err := ForgetJoiningKey(base); err != nil {
			t.Error(err)
		}
	}
	if entries, err := os.ReadDir(base); err != nil || len(entries) != 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
}
