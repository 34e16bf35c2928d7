package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/record"
)

// receiptPair is a session as a tenant and its provider keep it.
func receiptPair() (tenant, provider engine.Receipt) {
	began := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	tenant = engine.Receipt{ID: engine.NewID(), Provider: engine.NewID(), State: engine.SessionEnded, Began: began, Ended: began.Add(time.Minute), AllFlows: 1,
		Decision: engine.SessionDecision{Decision: engine.Decision{Mode: engine.Sealed}}, Traffic: engine.Traffic{ToTarget: 1000}}
	provider = tenant
	provider.Provider, provider.Tenant, provider.Cipher = "", engine.NewID(), engine.AES256GCM
	return tenant, provider
}

// receiptsFile writes receipts as list --json does, or as export does.
func receiptsFile(t *testing.T, lines bool, receipts ...engine.Receipt) string {
	t.Helper()
	var text bytes.Buffer
	if lines {
		write, finish := receiptWriter(&text, "json")
		for i := range receipts {
			if err := write(&receipts[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := finish(); err != nil {
			t.Fatal(err)
		}
	} else if err := printJSON(&text, receipts); err != nil {
		t.Fatal(err)
	}
	return fileOf(t, text.Bytes())
}

func fileOf(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "receipts.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReceiptsOfTenantAndProviderAreMatchedWithoutABroker(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "no folder")
	tenant, provider := receiptPair()
	for _, lines := range []bool{false, true} {
		got := run(t, "", "receipts", "match", receiptsFile(t, lines, tenant), receiptsFile(t, !lines, provider), "--data", nowhere)
		if got.code != host.ExitOK || !strings.Contains(got.out, "all agree") || !strings.Contains(got.out, "1 session") || !strings.Contains(got.out, local(tenant.Began)+" to "+local(tenant.Ended)) {
			t.Errorf("%+v", got)
		}
	}
	other := provider
	other.Traffic.ToTarget = 900
	got := run(t, "", "receipts", "match", receiptsFile(t, false, tenant), receiptsFile(t, false, other), "--data", nowhere)
	if got.code != host.ExitFailed || !strings.Contains(got.out, string(tenant.ID)+"  bytes to target  1000    900") || !strings.Contains(got.err, "1 difference") {
		t.Errorf("%+v", got)
	}
	got = run(t, "", "receipts", "match", receiptsFile(t, false, tenant), receiptsFile(t, false, other), "--json", "--data", nowhere)
	var match record.ReceiptMatch
	if err := json.Unmarshal([]byte(got.out), &match); err != nil || got.code != host.ExitFailed || match.Compared != 1 || len(match.Differences) != 1 || match.Differences[0].Provider != "900" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := os.Stat(nowhere); !os.IsNotExist(err) {
		t.Errorf("a data folder was made: %v", err)
	}
}

func TestOneOfTheReceiptsFilesCanBeStandardInput(t *testing.T) {
	tenant, provider := receiptPair()
	text, err := os.ReadFile(receiptsFile(t, true, provider))
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, string(text), "receipts", "match", receiptsFile(t, false, tenant), "-"); got.code != host.ExitOK {
		t.Errorf("%+v", got)
	}
	if got := run(t, string(text), "receipts", "match", "-", "-"); got.code != host.ExitUsage {
		t.Errorf("%+v", got)
	}
}

func TestAFileThatHoldsNoReceiptsIsNotMatched(t *testing.T) {
	tenant, provider := receiptPair()
	whole := func(change func(*engine.Receipt)) []byte {
		r := provider
		change(&r)
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := whole(func(*engine.Receipt) {})
	large := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, maximumReceiptsFile+1); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ path, says string }{
		"no file":            {filepath.Join(t.TempDir(), "none"), "none"},
		"a folder":           {t.TempDir(), "64 MiB"},
		"too large":          {large, "larger than 64 MiB"},
		"CSV":                {fileOf(t, []byte("id,began,ended\n")), "receipt 1: it cannot be read"},
		"cut off":            {fileOf(t, append([]byte("["), good[:len(good)/2]...)), "receipt 1: it cannot be read"},
		"a list without end": {fileOf(t, append([]byte("["), good...)), "no end"},
		"more than a list":   {fileOf(t, append(append([]byte("["), good...), "]{}"...)), "something else begins"},
		"another document":   {fileOf(t, []byte(`{"rules": []}`)), "is not an id"},
		"empty objects":      {fileOf(t, []byte(`[{},{}]`)), "receipt 1"},
		"twice":              {fileOf(t, append(append([]byte{}, good...), good...)), "receipt 2: session " + string(provider.ID) + " is there twice"},
		"no times":           {fileOf(t, whole(func(r *engine.Receipt) { r.Ended = time.Time{} })), "began and ended"},
		"a live session":     {fileOf(t, whole(func(r *engine.Receipt) { r.State = engine.SessionLive })), "state"},
		"nothing to compare": {fileOf(t, []byte(`[]`)), "the same days"},
	} {
		got := run(t, "", "receipts", "match", receiptsFile(t, false, tenant), c.path)
		if got.code != host.ExitUsage || !strings.Contains(got.err, c.says) || got.out != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
