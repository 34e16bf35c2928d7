package component

import (
	"errors"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/component/componenttest"
	"lockwire/engine/component/machine"
	"lockwire/engine/wire"
)

func TestChangedInterfaceIsReported(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	system := &componenttest.System{Addresses: componenttest.Addresses("10.0.0.1")}
	run(t, folder, id, func(c *Config) { c.System = system })
	await(t, b, func(h *wire.Hello) bool { return len(h.GetReport().GetInterfaces()) == 1 })
	system.Set(func(s *componenttest.System) { s.Addresses = componenttest.Addresses("10.0.0.1", "203.0.113.9") })
	await(t, b, func(r *report) bool { return len(r.GetInterfaces()) == 2 })
}

// What changes between a hello and the broker's welcome has no stream yet over which it could be reported.
func TestWhatChangesWhileTheComponentAttachesIsReported(t *testing.T) {
	for name, test := range map[string]struct {
		now  []engine.Address
		told func(*testing.T, *fakeBroker, *runningAgent)
	}{
		"an interface more": {componenttest.Addresses("10.0.0.1", "203.0.113.9"), func(t *testing.T, b *fakeBroker, _ *runningAgent) {
			await(t, b, func(r *report) bool { return len(r.GetInterfaces()) == 2 })
		}},
		"more than can be reported": {componenttest.ManyAddresses(engine.MaximumAddresses), func(t *testing.T, _ *fakeBroker, m *runningAgent) {
			m.log.await(t, "not attached to the broker")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newFakeBroker(t)
			said, goOn := make(chan struct{}, 1), make(chan struct{})
			b.beforeWelcome = func() { said <- struct{}{}; <-goOn }
			folder, id := joined(t, b, "machine")
			system := &componenttest.System{Addresses: componenttest.Addresses("10.0.0.1")}
			m := run(t, folder, id, func(c *Config) { c.System = system })
			<-said
			system.Set(func(s *componenttest.System) { s.Addresses = test.now })
			m.poll()
			close(goOn)
			test.told(t, b, m)
		})
	}
}

func TestComponentWhoseAddressesCannotBeReportedIsNotAttached(t *testing.T) {
	t.Parallel()
	b := newFakeBroker(t)
	folder, id := joined(t, b, "machine")
	system := &componenttest.System{Addresses: componenttest.Addresses("10.0.0.1")}
	m := run(t, folder, id, func(c *Config) { c.System = system })
	await[*wire.Hello](t, b, nil)
	has := func(all []engine.Address) {
		system.Set(func(s *componenttest.System) { s.Addresses = all })
	}
	has(componenttest.ManyAddresses(engine.MaximumAddresses))
	m.log.await(t, "not attached to the broker")
	if problem := m.Status().Attachments[0].Problem; !strings.Contains(problem, "--interface") {
		t.Errorf("the status says %q", problem)
	}
	has(componenttest.Addresses("10.0.0.1", "10.0.0.2"))
	await(t, b, func(h *wire.Hello) bool { return len(h.GetReport().GetInterfaces()) == 2 })
}

func TestABackendThatIsNotAllowedAnyMoreIsRefusedThoughTheSystemSaysNothing(t *testing.T) {
	b := newFakeBroker(t)
	folder, _ := joined(t, b, "machine", "127.0.0.1:8000")
	system := &componenttest.System{Addresses: componenttest.Addresses("10.0.0.1")}
	c, err := New(t.Context(), Config{Folder: folder, Listen: "127.0.0.1:0", System: system})
	if err != nil {
		t.Fatal(err)
	}
	defer c.listener.Close()
	a := c.attachments[0]
	if err := machine.RemoveBackend(a.directory.Path(), "127.0.0.1:8000"); err != nil {
		t.Fatal(err)
	}
	system.Fails = errors.New("too many open files")
	a.poll()
	if still := a.allowed().Entries(); len(still) != 0 {
		t.Errorf("still allowed: %v", still)
	}
}
