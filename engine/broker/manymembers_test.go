package broker

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/wire"
)

// What one component does must cost the same however many others there are.

// counting counts how often all components are read.
type counting struct {
	engine.Store
	reads atomic.Int32
}

func (c *counting) Components(ctx context.Context) ([]engine.Component, error) {
	c.reads.Add(1)
	return c.Store.Components(ctx)
}

func (c *counting) Write(ctx context.Context, change func(engine.Transaction) error) error {
	return c.Store.Write(ctx, func(tx engine.Transaction) error { return change(countingTransaction{tx, c}) })
}

type countingTransaction struct {
	engine.Transaction
	of *counting
}

func (t countingTransaction) Components(ctx context.Context) ([]engine.Component, error) {
	t.of.reads.Add(1)
	return t.Transaction.Components(ctx)
}

// joinAs joins as a component, and gives its holder.
func (i *installation) joinAs(name, from string, tags ...string) *holder {
	i.t.Helper()
	token := i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: name, Role: engine.Proxy, Tags: tags})
	reply, key, err := i.stranger().join(token)
	if err != nil {
		i.t.Fatal(err)
	}
	return &holder{i: i, id: must(wire.ParseID(reply.GetId())), name: name, from: from, key: key, certificate: must(x509.ParseCertificate(reply.GetCertificate()))}
}

func TestWhatOneComponentDoesReadsNoOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := newInstallation(t)
		store := &counting{Store: i.store}
		i.config.Store = store
		i.start()
		defer func() { i.stop() }()
		token := i.token(engine.JoinToken{Kind: engine.JoinComponent, Name: "one", Role: engine.Proxy})
		before := store.reads.Load()

		reply, key, err := i.stranger().join(token)
		if err != nil {
			t.Fatal(err)
		}
		joined := &holder{i: i, id: must(wire.ParseID(reply.GetId())), name: "one", from: "10.0.0.2", key: key, certificate: must(x509.ParseCertificate(reply.GetCertificate()))}
		a := joined.attach("10.0.0.2")
		settle()
		if kept := must(i.store.Component(t.Context(), joined.id)); kept.Report.Version != "1" || kept.SeenFrom.String() != "10.0.0.2" || kept.LastSeen.IsZero() {
			t.Errorf("the record has %+v", kept)
		}
		renewed := must(joined.renew())
		a.stream.CloseSend()
		synctest.Wait()
		renewed.attach("10.0.0.2")
		settle()
		if kept := must(i.store.Component(t.Context(), joined.id)); kept.Key != keyIDOf(renewed.certificate) {
			t.Error("the renewed key is not kept")
		}
		if reads := store.reads.Load() - before; reads != 0 {
			t.Errorf("all components were read %d times", reads)
		}
	})
}

// A component that joins is taken up without reading the record anew: with its routes, in its place, and for good.
func TestComponentThatJoinsIsSourceOfItsTagsRoutes(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		target := i.component("target", "10.0.0.3")
		service := engine.Service{ID: engine.NewID(), Name: "service", Target: target.id, Backend: "127.0.0.1:8000"}
		i.write(func(tx engine.Transaction) error {
			routes := []error{tx.PutService(service)}
			for name, enabled := range map[string]bool{"b": true, "a": true, "off": false} {
				routes = append(routes, tx.PutRoute(engine.Route{ID: engine.NewID(), Name: name, SourceTag: "branch", Listen: "127.0.0.1:9000", Service: service.ID, Direction: engine.Push, Enabled: enabled}))
			}
			return errors.Join(routes...)
		})
		i.component("C", "10.0.0.4", "branch")
		i.joinAs("d", "10.0.0.5", "branch")
		i.joinAs("other", "10.0.0.6")
		joined := i.joinAs("b", "10.0.0.2", "branch", "more")
		sources := func() (all [][]string) {
			for _, route := range i.broker.Routes() {
				var names []string
				for _, listener := range route.Listeners {
					names = append(names, listener.ComponentName)
				}
				all = append(all, names)
			}
			return all
		}
		taken := sources()
		for _, names := range taken {
			if !slices.Equal(names, []string{"b", "C", "d"}) {
				t.Errorf("a route has the sources %v", names)
			}
		}
		a := joined.attach("10.0.0.2")
		var names []string
		for _, route := range one(a, (*wire.Down).GetRoutes).GetRoutes() {
			names = append(names, route.GetName())
		}
		if !slices.Equal(names, []string{"a", "b"}) {
			t.Errorf("it is sent the routes %v", names)
		}
		if err := i.broker.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		none(a, (*wire.Down).GetRoutes) // the record says the same
		if again := sources(); !slices.EqualFunc(taken, again, slices.Equal) {
			t.Errorf("read anew, the sources are %v", again)
		}
	})
}

// A rollout behind NAT is one address: what is limited is refusals, and a token lets in once.
func TestJoinsThatSucceedAreNotLimited(t *testing.T) {
	inBubble(t, func(t *testing.T, i *installation) {
		for n := range front.JoinBurst + 20 {
			i.joinAs(string(rune('a'+n%26))+string(rune('a'+n/26)), "10.0.0.2")
		}
		if listed := len(i.broker.Components()); listed != front.JoinBurst+20 {
			t.Errorf("%d components are listed", listed)
		}
	})
}
