//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
	"lockwire/engine/administration"
)

// change is how often the rates of all sessions change.
const change = time.Second / 4

// crowd is the administration of a real, empty record without a broker, whose live sessions are made up: as many real ones
// do not run on the machine that the window is measured on.
type crowd struct {
	*administration.Local
	sessions []engine.Session
}

func newCrowd(local *administration.Local, sessions int) *crowd {
	c := &crowd{Local: local, sessions: make([]engine.Session, sessions)}
	sources, target := make([]engine.ID, 100), engine.NewID()
	for i := range sources {
		sources[i] = engine.NewID()
	}
	for i := range c.sessions {
		s := &c.sessions[i]
		*s = engine.Session{
			ID: engine.NewID(), Route: target, RouteName: fmt.Sprintf("Nightly %d", i%40), Source: sources[i%len(sources)],
			SourceName: fmt.Sprintf("proxy-%02d", i%len(sources)), Target: target, TargetName: "vault", ServiceName: "repository", Backend: "127.0.0.1:8000",
			State: engine.SessionLive, Cipher: engine.AES256GCM, Group: "X25519MLKEM768", Endpoint: "192.0.2.1:6171", Began: time.Now(), Flows: 1, AllFlows: 1,
		}
		s.Decision.Mode, s.Decision.By, s.Decision.Rules = engine.Sealed, engine.ByRule, []string{"To the vault"}
	}
	return c
}

// Past is empty.
func (c *crowd) Past(context.Context) (engine.Past, error) { return engine.Past{}, nil }

// Watch gives a snapshot whenever the sessions have changed, or less often where that is asked for.
func (c *crowd) Watch(ctx context.Context, interval time.Duration, each func(engine.Snapshot) error) error {
	ticker := time.NewTicker(max(interval, change))
	defer ticker.Stop()
	for began := time.Now(); ; {
		now := time.Now()
		if err := each(engine.Snapshot{When: now, Sessions: c.at(uint64(now.Sub(began) / change))}); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// at gives the sessions as they are after so many changes.
func (c *crowd) at(changes uint64) []engine.Session {
	sessions := slices.Clone(c.sessions)
	for i := range sessions {
		traffic := &sessions[i].Traffic
		traffic.RateToTarget = (uint64(i)*7919 + changes*104729) % 250_000_000
		traffic.ToTarget = changes * 50_000_000
	}
	return sessions
}
