package tryout

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"lockwire/app/host"
	"lockwire/engine"
	"lockwire/engine/component"
	"lockwire/engine/component/control"
	"lockwire/engine/component/machine"
)

// startComponents joins and runs all machines of the estate, and gives their ids by their names once all are attached.
func (t *Tryout) startComponents(ctx context.Context, admin engine.Administration, folder string, backends func(name string) []string, log *slog.Logger) (map[string]engine.ID, error) {
	joined := make([]engine.ID, len(members))
	var starting errgroup.Group
	for i := range members {
		starting.Go(func() (err error) {
			joined[i], err = t.startComponent(ctx, admin, folder, &members[i], backends(members[i].name), log)
			return err
		})
	}
	if err := starting.Wait(); err != nil {
		return nil, err
	}
	ids := make(map[string]engine.ID, len(members))
	for i := range members {
		ids[members[i].name] = joined[i]
	}
	return ids, t.online(ctx, admin, joined...)
}

// online waits until components are attached.
func (t *Tryout) online(ctx context.Context, admin engine.Administration, ids ...engine.ID) error {
	return host.Await(ctx, startWithin, "the components", func() (bool, error) {
		components, err := admin.Components(ctx)
		online := 0
		for i := range components {
			if components[i].Online && slices.Contains(ids, components[i].ID) {
				online++
			}
		}
		return online == len(ids), err
	})
}

// startComponent joins a component with a real token and runs it.
func (t *Tryout) startComponent(ctx context.Context, admin engine.Administration, folder string, m *member, backends []string, log *slog.Logger) (engine.ID, error) {
	token, err := admin.NewToken(ctx, engine.TokenRequest{Kind: engine.JoinComponent, Name: m.name, Role: m.role, Tags: m.tags})
	if err != nil {
		return "", err
	}
	data := filepath.Join(folder, m.name)
	joined, err := control.Join(ctx, control.JoinOptions{Token: token.Secret, Folder: data, AllowBackends: backends})
	if err != nil {
		return "", fmt.Errorf("join %s: %w", m.name, err)
	}
	if t.calibration != nil {
		if err := machine.KeepCalibration(data, *t.calibration); err != nil {
			return "", err
		}
	}
	listen, err := host.FreeAddress()
	if err != nil {
		return "", err
	}
	running, err := component.New(ctx, component.Config{
		Folder: data, Listen: listen, Machine: m.name, Interfaces: m.addresses,
		Advertise: []netip.AddrPort{netip.MustParseAddrPort(listen)}, Version: t.version, Log: log.With("component", m.name),
		ProcessShared: true,
	})
	if err != nil {
		return "", fmt.Errorf("start %s: %w", m.name, err)
	}
	t.run(m.name, func() error { return running.Run(ctx) })
	return joined.ID, nil
}
