package tryout

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"lockwire/app/host"
	"lockwire/engine"
)

// TestTheEstateShowsWhatALockwireInstallationDoes runs the try-out until all of its traffic has been seen, and closes it.
func TestTheEstateShowsWhatALockwireInstallationDoes(t *testing.T) {
	folder, err := os.MkdirTemp("", "lw-try-") // a local socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	ctx := t.Context()
	began := time.Now()
	estate, err := Start(ctx, folder, "1.0.0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("it started within %v", time.Since(began))
	admin := estate.Administration
	want := map[string]func(*engine.Session) bool{
		"Nightly files": func(s *engine.Session) bool { return s.Decision.By == engine.ByRule },
		"Database stream": func(s *engine.Session) bool {
			return s.Decision.By == engine.ByRule && s.HeldBack == engine.HeldByLimit
		},
		"Branch documents":        func(s *engine.Session) bool { return s.Decision.By == engine.ByAutomatic },
		"Restore desk":            func(s *engine.Session) bool { return s.Decision.By == engine.ByRule && s.Traffic.ToSource > 1<<20 },
		"Copy to tape":            func(s *engine.Session) bool { return s.Decision.By == engine.ByNone },
		"Copy to the second site": func(s *engine.Session) bool { return s.Decision.By == engine.ByExempt },
	}
	await(t, func() (missing []string, err error) {
		sessions, err := admin.Sessions(ctx)
		for i := range sessions {
			s := &sessions[i]
			if is := want[s.RouteName]; is != nil && is(s) && s.Traffic.Bytes() > 0 {
				delete(want, s.RouteName)
			}
		}
		for route := range want {
			missing = append(missing, route)
		}
		return missing, err
	})
	await(t, func() ([]string, error) {
		refused, err := admin.Receipts(ctx, engine.ReceiptQuery{State: engine.SessionRefused})
		for _, receipt := range refused {
			if receipt.RouteName == "Old archive" && strings.Contains(receipt.Reason, "allow") {
				return nil, err
			}
		}
		return []string{"the refused session"}, err
	})
	sessions, err := admin.Sessions(ctx)
	if err != nil || len(sessions) < 5 {
		t.Fatalf("%d sessions, %v", len(sessions), err)
	}
	for i := range sessions { // each can be cut, and its tool begins again
		if sessions[i].RouteName != "Copy to tape" {
			continue
		}
		if err := admin.Cut(ctx, sessions[i].ID); err != nil {
			t.Error(err)
		}
		await(t, func() ([]string, error) {
			again, err := admin.Sessions(ctx)
			for j := range again {
				if again[j].RouteName == "Copy to tape" && again[j].ID != sessions[i].ID {
					return nil, err
				}
			}
			return []string{"the copy to tape, again"}, err
		})
	}
	if err := estate.Close(); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Errorf("something is left behind: %v", err)
	}
}

func await(t *testing.T, missing func() ([]string, error)) {
	t.Helper()
	var last []string
	err := host.Await(context.Background(), 2*time.Minute, "what the estate is to show", func() (bool, error) {
		var err error
		last, err = missing()
		return len(last) == 0, err
	})
	if err != nil {
		t.Fatalf("%v: %q", err, last)
	}
}
