//go:build linux

package main

import (
	"context"
	"time"

	"lockwire/engine"
	"lockwire/engine/administration"
	"lockwire/ui/uitest/estate"
)

const (
	// change is how often the figures of all sessions and components change.
	change = time.Second / 4
	// keptReceipts and keptChanges are what the record has of the past.
	keptReceipts = 50_000
	keptChanges  = 10_000
)

// crowd is the administration of a real record without a broker, whose live part is made up: as many machines and sessions do not run on
// the machine that the window is measured on.
type crowd struct {
	*administration.Local
	estate *estate.Estate
}

// openCrowd opens the record of an estate of a size.
func openCrowd(ctx context.Context, folder string, size estate.Size, now time.Time) (*crowd, error) {
	local, err := newLocal(ctx, folder)
	if err != nil {
		return nil, err
	}
	return &crowd{Local: local, estate: estate.New(size, now)}, nil
}

// keepCrowd writes the record of an estate, with its history.
func keepCrowd(ctx context.Context, folder string, size estate.Size, now time.Time) error {
	c, err := openCrowd(ctx, folder, size, now)
	if err != nil {
		return err
	}
	defer c.Store.Close()
	if size.Components == 0 {
		return nil
	}
	return c.Store.Write(ctx, func(tx engine.Transaction) error {
		if err := c.estate.Keep(ctx, tx); err != nil {
			return err
		}
		share := size.Components * keptReceipts / estate.Large.Components
		return c.estate.KeepHistory(tx, share, share*keptChanges/keptReceipts)
	})
}

// Installation says that a broker runs.
func (c *crowd) Installation(ctx context.Context) (engine.Installation, error) {
	installation, err := c.Local.Installation(ctx)
	installation.Running, installation.Role = true, engine.MayChange
	return installation, err
}

// Past is empty.
func (c *crowd) Past(context.Context) (engine.Past, error) { return engine.Past{}, nil }

// Components, Routes and Sessions are as the broker of the estate knows them.
func (c *crowd) Components(context.Context) ([]engine.ComponentStatus, error) {
	snapshot := c.estate.Snapshot(0, time.Now())
	return snapshot.Components, nil
}

func (c *crowd) Routes(context.Context) ([]engine.RouteStatus, error) { return c.estate.Routes, nil }

func (c *crowd) Sessions(context.Context) ([]engine.Session, error) { return c.estate.Sessions, nil }

// Watch gives a snapshot whenever the figures have changed, or less often where that is asked for.
func (c *crowd) Watch(ctx context.Context, interval time.Duration, each func(engine.Snapshot) error) error {
	ticker := time.NewTicker(max(interval, change))
	defer ticker.Stop()
	for began := time.Now(); ; {
		now := time.Now()
		if err := each(c.estate.Snapshot(uint64(now.Sub(began)/change), now)); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
