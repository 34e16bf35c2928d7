//go:build unix

package calibrate

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lockwire/engine"
)

func spent() (time.Duration, error) {
	var usage unix.Rusage
	err := unix.Getrusage(unix.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), err
}

func options() Options {
	return Options{Build: "test", Cipher: engine.AES256GCM, Spent: spent, Now: time.Now}
}

func TestAllIsMeasured(t *testing.T) {
	for _, cipher := range []engine.Cipher{engine.AES256GCM, engine.ChaCha20Poly1305} {
		t.Run(cipher.String(), func(t *testing.T) {
			o := options()
			o.Cipher = cipher
			began := time.Now()
			got, err := Run(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("in %v: one %+v, all %+v", time.Since(began).Round(time.Millisecond), got.One, got.All)
			if got.Build != "test" || got.Processor == "" || got.Cipher != cipher || got.When.IsZero() || got.One.Threads != 1 || got.All.Threads != runtime.GOMAXPROCS(0) {
				t.Errorf("%+v", got)
			}
			for _, speeds := range []engine.Speeds{got.One, got.All} {
				if speeds.Seal == 0 || speeds.Open == 0 || speeds.Relay == 0 {
					t.Errorf("a speed is missing: %+v", speeds)
				}
			}
			if len(got.Costs) != 4 {
				t.Fatalf("%d costs, want those of two ends in two modes", len(got.Costs))
			}
			for _, cost := range got.Costs {
				t.Logf("%s %v: %.3f ± %.3f CPU s/GB", cost.Side, cost.Mode, cost.PerGB, cost.Error)
				if cost.Origin != engine.MeasuredByCalibration || cost.Error <= 0 || cost.Mode == engine.Sealed && (!cost.Known() || cost.Bytes == 0) {
					t.Errorf("%+v", cost)
				}
			}
		})
	}
}

func TestItEndsAtOnceWhenASessionBegins(t *testing.T) {
	begins := errors.New("a session begins")
	ctx, cancel := context.WithCancelCause(t.Context())
	o, asked := options(), 0
	o.Spent = func() (time.Duration, error) {
		if asked++; asked == 8 { // in the middle of a round: before a channel is fed
			cancel(begins)
		}
		return spent()
	}
	if _, err := Run(ctx, o); !errors.Is(err, begins) {
		t.Errorf("got %v", err)
	}
	if most := 10; asked > most {
		t.Errorf("it went on and asked %d times for the processor time", asked)
	}
}

func TestWithoutProcessorTimeNothingIsSaid(t *testing.T) {
	for name, spent := range map[string]func() (time.Duration, error){
		"unknown": func() (time.Duration, error) { return 0, errors.New("not here") },
		"still":   func() (time.Duration, error) { return time.Second, nil },
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			o.Spent = spent
			if got, err := Run(t.Context(), o); err == nil {
				t.Errorf("it gave %+v", got)
			}
		})
	}
}
