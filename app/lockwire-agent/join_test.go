//go:build cgo

// A broker keeps its record in SQLite, which needs cgo.

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/enginetest"
	"lockwire/engine/identity"
)

// tokenFor writes a token of a running broker to a file, and gives it with its text.
func tokenFor(t *testing.T, i *enginetest.Installation, request engine.TokenRequest) (file, text string) {
	t.Helper()
	request.Kind, request.Role = engine.JoinComponent, engine.Agent
	token, err := i.Admin.NewToken(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("# for the rollout\nLOCKWIRE_TOKEN='"+token.Secret+"'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, token.Secret
}

// taken is how many uses of its only token an installation has counted.
func taken(t *testing.T, i *enginetest.Installation) int {
	t.Helper()
	tokens, err := i.Admin.Tokens(t.Context())
	if err != nil || len(tokens) != 1 {
		t.Fatalf("%d tokens, %v", len(tokens), err)
	}
	return tokens[0].Taken
}

func TestJoiningUnderANameCanBeRepeated(t *testing.T) {
	i := enginetest.New(t)
	file, text := tokenFor(t, i, engine.TokenRequest{Name: "branch-*", Uses: 3})
	data := filepath.Join(t.TempDir(), "data")
	join := func(want int, says string, arguments ...string) {
		t.Helper()
		out, code, err := run(t, text, append([]string{"join", "--data", data}, arguments...)...)
		words := out
		if err != nil {
			words += err.Error()
		}
		if code != want || !strings.Contains(words, says) || strings.Contains(words, text) {
			t.Errorf("%q: code %d, %s", arguments, code, words)
		}
	}
	join(host.ExitDenied, "say what this one is called", "--token-file", file)
	join(host.ExitDenied, "is none of branch-*", "--token-file", file, "--name", "repository")
	join(host.ExitOK, "as branch-1 (agent)", "--token-file", file, "--name", "branch-1")
	for range 2 {
		join(host.ExitOK, "already joined as branch-1; nothing was changed", "--token-file", file, "--name", "Branch-1")
	}
	join(host.ExitOK, "already joined", "--token-file", filepath.Join(t.TempDir(), "gone"), "--name", "branch-1")
	join(host.ExitUsage, "no such file", "--token-file", filepath.Join(t.TempDir(), "gone"), "--name", "branch-2")
	join(host.ExitTaken, "under another name: as branch-1", "--token-file", file, "--name", "branch-2")
	join(host.ExitTaken, "another machine has that name", "--token-file", file, "--name", "branch-1", "--again")
	data = filepath.Join(t.TempDir(), "another machine")
	join(host.ExitTaken, "another machine has that name", "--token-file", file, "--name", "branch-1")
	join(host.ExitOK, "as branch-2 (agent)", "--token-file", "-", "--name", "branch-2")
	if used := taken(t, i); used != 2 {
		t.Errorf("%d uses were counted", used)
	}
	components, err := i.Admin.Components(t.Context())
	if err != nil || len(components) != 2 {
		t.Fatalf("%d components, %v", len(components), err)
	}
	if err := i.Admin.RevokeToken(t.Context(), mustToken(t, i)); err != nil {
		t.Fatal(err)
	}
	data = filepath.Join(t.TempDir(), "a third one")
	join(host.ExitDenied, "was revoked", "--token-file", file, "--name", "branch-3")
	i.StopBroker()
	join(host.ExitNoBroker, "joining failed", "--token-file", file, "--name", "branch-3")
}

func mustToken(t *testing.T, i *enginetest.Installation) engine.ID {
	t.Helper()
	tokens, err := i.Admin.Tokens(t.Context())
	if err != nil || len(tokens) != 1 {
		t.Fatalf("%d tokens, %v", len(tokens), err)
	}
	return tokens[0].ID
}

// A machine that stops between the broker's answer and its own disk has the key that it asked with, and nothing else.
func TestAnAnswerThatWasLostIsFetchedByTheNextAttempt(t *testing.T) {
	i := enginetest.New(t)
	file, text := tokenFor(t, i, engine.TokenRequest{Name: "branch-*", Uses: 5})
	data := filepath.Join(t.TempDir(), "data")
	kept := machine.AttachmentsFolder(data)
	token, err := identity.ParseToken(text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := identity.JoiningKey(kept, token, "branch-1"); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(kept, "joining.pem"))
	if err != nil {
		t.Fatal(err)
	}
	join := func() machine.KeptAttachment {
		t.Helper()
		if out, code, err := run(t, "", "join", "--data", data, "--token-file", file, "--name", "branch-1"); code != host.ExitOK {
			t.Fatalf("code %d, %s, %v", code, out, err)
		}
		if _, err := os.Stat(filepath.Join(kept, "joining.pem")); !os.IsNotExist(err) {
			t.Errorf("the key to join with is still there: %v", err)
		}
		attachments, err := machine.Attachments(data)
		if err != nil || len(attachments) != 1 {
			t.Fatalf("%d attachments, %v", len(attachments), err)
		}
		return attachments[0]
	}
	first := join()
	if err := os.RemoveAll(first.Folder); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(kept, "joining.pem"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	if second := join(); second.ID != first.ID || second.Name != "branch-1" {
		t.Errorf("joined as %+v and then as %+v", first, second)
	}
	if used := taken(t, i); used != 1 {
		t.Errorf("%d uses were counted", used)
	}
	names, err := i.Admin.Components(t.Context())
	if err != nil || len(names) != 1 || !names[0].Revoked.IsZero() || time.Until(names[0].CertificateExpires) <= 0 {
		t.Errorf("%+v, %v", names, err)
	}
}
