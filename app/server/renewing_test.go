package server

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"lockwire/engine"
	"lockwire/engine/identity"
)

func TestWhetherToRenewIsLookedAtEachMinuteAndLaterAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		var at []time.Duration
		wake := make(chan struct{}, 1)
		go keepLooking(ctx, wake, func(context.Context) error {
			at = append(at, time.Since(began))
			if len(at) == 2 {
				return errors.New("the broker's disk is full")
			}
			return nil
		})
		time.Sleep(13*time.Minute + 10*time.Second)
		wake <- struct{}{}
		synctest.Wait()
		want := []time.Duration{time.Minute, 2 * time.Minute, 12 * time.Minute, 13 * time.Minute, 13*time.Minute + 10*time.Second}
		if len(at) != len(want) {
			t.Fatalf("looked at %v", at)
		}
		for i := range want {
			if at[i] != want[i] {
				t.Errorf("look %d at %v, wanted %v", i, at[i], want[i])
			}
		}
		cancel()
		synctest.Wait()
	})
}

// watching follows a broker and tells each time that it hears of it.
func watching(t *testing.T, client engine.Administration) (heard chan engine.Snapshot, ended chan error) {
	ctx, cancel := context.WithCancel(t.Context())
	heard, ended = make(chan engine.Snapshot), make(chan error, 1)
	go func() {
		ended <- client.Watch(ctx, 100*time.Millisecond, func(s engine.Snapshot) error {
			select {
			case heard <- s:
			case <-ctx.Done():
			}
			return nil
		})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return heard, ended
}

func TestAnAdministratorRenewsWhileAttachedAndItsWatchGoesOn(t *testing.T) {
	path, authority := oldInstallation(t)
	running := serve(t, path)
	enrolments := enrolledIn(t, running, running.Address.String())
	client, closing, err := Elsewhere(t.Context(), enrolments, "")
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	attached := client.(*elsewhere)
	attached.grace = 0
	heard, ended := watching(t, client)
	<-heard
	first, key := attached.connection.now()
	if err := attached.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now, _ := attached.connection.now(); now != first {
		t.Error("a certificate that holds was renewed")
	}
	// Days later: the same key with a certificate that was issued before.
	directories, err := identity.Directories(aged(t, enrolments, authority, time.Now().Add(24*time.Hour-identity.CertificateLifetime)))
	if err != nil {
		t.Fatal(err)
	}
	attached.path = directories[0].Path()
	if err := attached.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	now, fresh := attached.connection.now()
	if now == first || fresh == key {
		t.Fatal("the connection was not exchanged")
	}
	administrators, err := client.Administrators(t.Context())
	if err != nil || len(administrators) != 1 || time.Until(administrators[0].CertificateExpires) < identity.CertificateLifetime-time.Hour {
		t.Errorf("%+v, %v", administrators, err)
	}
	for range 20 { // over both connections: the first is closed meanwhile
		select {
		case <-heard:
		case err := <-ended:
			ended <- err
			t.Fatalf("the watch ended: %v", err)
		}
	}
}

func TestAnEnrolmentThatAnotherProgramRenewedIsTakenUp(t *testing.T) {
	path, authority := oldInstallation(t)
	running := serve(t, path)
	first := enrolledIn(t, running, running.Address.String())
	enrolments := aged(t, first, authority, time.Now().Add(24*time.Hour-identity.CertificateLifetime))
	client, closing, err := Elsewhere(t.Context(), first, "")
	if err != nil {
		t.Fatal(err)
	}
	defer closing()
	directories, err := identity.Directories(enrolments)
	if err != nil {
		t.Fatal(err)
	}
	client.(*elsewhere).path = directories[0].Path()
	_, closeOther, err := Elsewhere(t.Context(), enrolments, "") // renews, and uses the new key
	if err != nil {
		t.Fatal(err)
	}
	defer closeOther()
	if _, err := client.Installation(t.Context()); !errors.Is(err, engine.ErrNotAllowed) {
		t.Fatalf("the key that was replaced: %v", err)
	}
	// The window follows the broker: its watch is refused, and has the enrolment looked at.
	seen := errors.New("seen")
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		err := client.Watch(t.Context(), time.Second, func(engine.Snapshot) error { return seen })
		if errors.Is(err, seen) {
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatal(err)
		}
	}
	if _, err := client.Installation(t.Context()); err != nil {
		t.Error(err)
	}
}
