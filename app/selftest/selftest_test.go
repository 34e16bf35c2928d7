package selftest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEachCheckSaysHowItWent(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	checks := []Check{
		{"well", func(context.Context) (string, error) { return "found", nil }},
		{"broken", func(context.Context) (string, error) { return "", errors.New("a line\nanother") }},
		{"elsewhere", func(context.Context) (string, error) { end(); return "", NotTried("no %s here", "pipe") }},
		{"late", func(context.Context) (string, error) { t.Error("tried after the end"); return "", nil }},
	}
	var told []string
	all := Run(ctx, checks, func(r Result) { told = append(told, r.Name+" "+string(r.State)) })
	if got := strings.Join(told, ", "); got != "well ok, broken FAILED, elsewhere not tried, late not tried" {
		t.Error(got)
	}
	if failed := CountFailed(all); failed != 1 {
		t.Errorf("%d failed", failed)
	}
	var out bytes.Buffer
	if err := Print(&out, all); err != nil {
		t.Fatal(err)
	}
	want := "ok         well       found\nFAILED     broken     a line\n                      another\nnot tried  elsewhere  no pipe here\nnot tried  late       the test was ended\n"
	if out.String() != want {
		t.Errorf("printed\n%s", out.String())
	}
}

func TestThisMachineIsWell(t *testing.T) {
	for _, result := range Run(t.Context(), Machine(), func(Result) {}) {
		// A container may not be allowed to lock memory.
		if result.State != Passed && result.Name != "memory for keys" {
			t.Errorf("%+v", result)
		}
	}
}

func TestAFolderThatIsOpenToOthersIsNoticed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if found, err := whoMayOpen(folder); err == nil {
		t.Error(found)
	}
}
