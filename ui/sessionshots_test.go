package ui

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lockwire/engine"
)

// manySessions makes sessions of all kinds, with the explanation of a real decision.
func manySessions(t *testing.T, s *stage, n int) []engine.Session {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	decide := func(source, target string) engine.SessionDecision {
		party := func(text string) engine.QuestionParty {
			address, err := engine.ParseAddress(text)
			if err != nil {
				t.Fatal(err)
			}
			return engine.QuestionParty{Addresses: []engine.Address{{Address: address, Origin: engine.FromInterface}}}
		}
		decision, err := s.local.Explain(t.Context(), engine.Question{Source: party(source), Target: party(target), Operation: engine.Backup})
		if err != nil {
			t.Fatal(err)
		}
		return engine.SessionDecision{Decision: decision}
	}
	sealed, plain, public := decide("10.0.0.1", "10.0.0.2"), decide("10.9.0.1", "10.9.0.2"), decide("10.0.0.1", "203.0.113.7")
	sources, routes := []string{"fileserver", "database-primary", "mail", "build-runner-frankfurt-2"}, []string{"nightly restic", "pg base backup", "rsync home", "offsite"}
	var sessions []engine.Session
	for i := range n {
		x := liveSession(engine.Sealed)
		x.SourceName, x.TargetName, x.RouteName = sources[i%4], []string{"vault", "repository-2", "vault-offsite"}[i%3], routes[i%4]
		x.ServiceName, x.Backend, x.Endpoint = "restic", "127.0.0.1:8000", fmt.Sprintf("10.0.0.%d:6171", i%250)
		x.Began = testMoment.Add(-time.Duration(random.IntN(90_000)) * time.Second)
		x.Traffic.ToTarget, x.Traffic.ToSource = random.Uint64N(4_000_000_000_000), random.Uint64N(9_000_000)
		x.Traffic.RateToTarget = random.Uint64N(250_000_000)
		x.Traffic.SourceCPU, x.Traffic.TargetCPU = time.Duration(x.Traffic.ToTarget/3), time.Duration(x.Traffic.ToTarget/4)
		x.AllFlows = uint64(x.Flows + random.IntN(30))
		switch i % 5 {
		case 1:
			x.Decision = public
		case 3:
			x.Decision = plain
		default:
			x.Decision = sealed
		}
		if x.Decision.Mode == engine.Sealed {
			x.Cipher, x.Group = engine.AES256GCM, "X25519MLKEM768"
			x.Key = engine.KeyLife{Made: x.Began, DestroyedBroker: x.Began.Add(time.Millisecond), DeliveredTarget: x.Began.Add(4 * time.Millisecond), DeliveredSource: x.Began.Add(9 * time.Millisecond)}
		} else {
			x.Key = engine.KeyLife{}
		}
		if i%5 == 3 && i%2 == 1 {
			x.Stale, x.Now = true, &sealed
		}
		sessions = append(sessions, x)
	}
	return sessions
}

// TestDrawSessions draws the pages of sessions and activity into the folder that LOCKWIRE_SHOTS names, to be looked at.
func TestDrawSessions(t *testing.T) {
	folder := os.Getenv("LOCKWIRE_SHOTS")
	if folder == "" {
		t.Skip("LOCKWIRE_SHOTS names no folder")
	}
	for _, appearance := range []Appearance{Light, Dark, Contrast} {
		for _, size := range []fyne.Size{fyne.NewSize(1280, 800), fyne.NewSize(1024, 700)} {
			s := newStage(t)
			fyne.CurrentApp().Settings().SetTheme(Theme{Appearance: appearance})
			s.put(t, "Backup network", "10.0.0.0/24", "10.0.0.0/24", func(r *engine.Rule) { r.Encrypt = true })
			s.put(t, "Lab", "10.9.0.0/24", "10.9.0.0/24", func(r *engine.Rule) { r.Encrypt, r.Comment = false, "nothing to protect" })
			recorded := &recordedAdministration{Administration: s.local}
			s.Admin = recorded
			sessions := NewSessionsPage(s.Console).(*sessionsPage)
			stored := s.put(t, "Branch uplink", "10.2.0.0/24", "10.0.0.0/24", nil)
			stored.Comment, stored.Encrypt = "leased line", !stored.Encrypt
			stored.Throttle = &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}}
			if _, err := s.local.Apply(t.Context(), engine.Change{EditRule: &stored}, engine.Confirmation{LoseEncryption: true}); err != nil {
				t.Fatal(err)
			}
			activity := NewActivityPage(s.Console)
			shell := NewShell(s.Console, NewOverviewPage(s.Console), NewRulesPage(s.Console), sessions, NewComponentsPage(s.Console), NewRoutesPage(s.Console), activity)
			s.Window.SetPadded(false)
			s.Window.SetContent(shell.Content())
			s.Window.Resize(size)
			draw := func(name string) {
				s.draw(t, filepath.Join(folder, fmt.Sprintf("%s-%s-%.0f.png", name, appearance, size.Width)), appearance)
			}
			state := s.state(t)
			shell.Update(state)
			shell.Show("sessions")
			draw("sessions-empty")
			all := manySessions(t, s, 200)
			for tick := range 80 {
				for i := range all {
					all[i].Traffic.RateToTarget = uint64(90_000_000 + (tick*1_700_000+i*31_000_000)%140_000_000)
				}
				state := *state
				state.Sessions = all
				shell.Update(&state)
			}
			draw("sessions-full")
			sessions.live.Select(string(all[0].ID))
			draw("sessions-sealed")
			selectBelow(sessions.live, 2, 1, 1, 3, 1)
			draw("sessions-several")
			sessions.askCut()
			draw("sessions-several-cut")
			s.Window.Canvas().Overlays().Top().Hide()
			sessions.live.Select(string(all[13].ID))
			draw("sessions-stale")
			s.Window.Resize(fyne.NewSize(size.Width, 1500))
			draw("sessions-stale-tall")
			sessions.live.Select(string(all[0].ID))
			draw("sessions-tall")
			s.Window.Resize(size)
			for i, x := range all {
				x.ID = engine.IDFromBytes([16]byte{6: 0x70, 15: byte(len(all) - i)})
				r := receiptOf(x, engine.SessionEnded, "no connection was open for 15 s")
				r.Key.DestroyedSource, r.Key.SourceErasure = r.Ended.Add(2*time.Millisecond), engine.ErasureProven
				r.Key.DestroyedTarget, r.Key.TargetErasure = r.Ended.Add(5*time.Millisecond), engine.ErasureProven
				if x.Decision.Mode == engine.Plain {
					r.Key = engine.KeyLife{}
				}
				if i%6 == 4 {
					r.State, r.Reason, r.Traffic = engine.SessionRefused, "vault-offsite cannot be reached at 10.0.0.7:6171: connection refused", engine.Traffic{}
					r.Key.TargetErasure, r.Key.DestroyedTarget = engine.ErasureNotNeeded, time.Time{}
				}
				recorded.receipts = append(recorded.receipts, r)
			}
			sessions.tabs.SelectIndex(historyTab)
			draw("history-full")
			sessions.history.table.Select(string(recorded.receipts[0].ID))
			draw("history-receipt")
			sessions.history.choice.span.SetSelected(spanChosen)
			sessions.history.table.Select(string(recorded.receipts[4].ID))
			draw("history-refused")
			shell.Show("activity")
			draw("activity-full")
			page := activity.(*activityPage)
			page.table.Select(string(page.table.Rows()[0].ID))
			draw("activity-details")
		}
	}
}
