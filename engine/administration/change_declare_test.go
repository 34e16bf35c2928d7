package administration

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

// file is the installation as a file says it.
func (f *fixture) file(t *testing.T) string {
	t.Helper()
	var i engine.Installed
	var err error
	if i.RuleSet, err = f.RuleSet(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i.Components, err = f.Store.Components(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i.Services, err = f.Store.Services(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i.Routes, err = f.Store.Routes(t.Context()); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := exchange.EncodeDeclared(&text, engine.DeclaredOf(i)); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// declared makes a change of a file's text.
func declared(t *testing.T, text string) engine.Change {
	t.Helper()
	d, _, err := exchange.DecodeDeclared(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return engine.Change{Declare: &d}
}

const everything = `{"version": 2,
 "rules": [{"name": "Nightly", "source": ["tag:branch"], "target": ["any"], "encrypt": true}],
 "settings": {"LingerSeconds": 30},
 "preferredNetworks": {"mode": "prefer", "networks": ["10.0.0.0/24"]},
 "components": [{"name": "Source", "tags": ["branch", "agent"]}],
 "services": [{"name": "vault", "target": "target", "backend": "127.0.0.1:9000"}, {"name": "second", "target": "target", "backend": "127.0.0.1:9001"}],
 "routes": [
  {"name": "nightly", "source": ["source"], "listen": "127.0.0.1:8000", "service": "vault"},
  {"name": "weekly", "source": ["tag:branch"], "listen": "127.0.0.1:8001", "target": "target", "backend": "127.0.0.1:9002", "flow": "pull", "streams": 4, "enabled": false}]}`

func TestAFileIsAppliedAsOneChangeAndASecondTimeChangesNothing(t *testing.T) {
	f := newFixture(t)
	effect := f.apply(t, declared(t, everything))
	var did []string
	for _, thing := range effect.Things {
		did = append(did, strings.TrimSpace(thing.What+" "+thing.Kind+" "+thing.Name))
	}
	if want := []string{"edit settings", "edit preferred networks", "edit component source", "edit service vault", "add service second", "edit route nightly", "add route weekly"}; !slices.Equal(did, want) {
		t.Errorf("it did %q", did)
	}
	entries, err := f.Audit(t.Context(), engine.AuditQuery{Change: effect.Change})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, entry := range entries {
		said = append(said, entry.What+" "+entry.Thing)
	}
	slices.Sort(said)
	if want := []string{"component.tag source", "installation.declare file", "preferred-networks.import preferred networks", "route.add weekly", "rule.add Nightly", "service.add second", "service.add weekly", "service.edit vault", "settings.import settings"}; !slices.Equal(said, want) {
		t.Errorf("the audit has %q", said)
	}
	first := f.file(t)
	for _, text := range []string{everything, first} {
		again, err := f.Apply(t.Context(), declared(t, text), engine.Confirmation{})
		if err != nil || len(again.Things) != 0 {
			t.Errorf("a second time: %+v, %v", again.Things, err)
		}
		if now, err := f.Audit(t.Context(), engine.AuditQuery{}); err != nil || len(now) != len(entries) {
			t.Errorf("the audit has %d entries, %v", len(now), err)
		}
	}
	if second := f.file(t); second != first {
		t.Errorf("the file was\n%s\nand is\n%s", first, second)
	}
}

func TestASectionIsTheWholeAndOneThatIsAbsentIsLeftAlone(t *testing.T) {
	f := newFixture(t)
	f.apply(t, declared(t, everything))
	f.apply(t, declared(t, `{"version": 2, "components": [{"name": "target", "tags": ["vault"]}]}`))
	if got := f.rule(t, "Nightly"); got.Revision != 1 {
		t.Errorf("the rule is %+v", got)
	}
	if tags, _ := f.tagsOf(t, f.source.ID); !slices.Equal(tags, []string{"agent", "branch"}) {
		t.Errorf("a component that the file does not name has %v", tags)
	}
	f.apply(t, declared(t, `{"version": 2, "services": [], "routes": []}`))
	services, err := f.Store.Services(t.Context())
	routes, err2 := f.Store.Routes(t.Context())
	if err != nil || err2 != nil || len(services) != 0 || len(routes) != 0 {
		t.Errorf("left: %+v, %+v, %v, %v", services, routes, err, err2)
	}
	if set, err := f.RuleSet(t.Context()); err != nil || len(set.Rules) != 2 || set.Settings.LingerSeconds != 30 {
		t.Errorf("rules and settings are %+v, %v", set, err)
	}
}

func TestAFileThatTakesEncryptionAwayIsConfirmed(t *testing.T) {
	f := newFixture(t)
	f.apply(t, declared(t, everything))
	plain := strings.Replace(everything, `"encrypt": true`, `"encrypt": false`, 1)
	before := f.file(t)
	effect, err := f.Apply(t.Context(), declared(t, plain), engine.Confirmation{})
	if !errors.Is(err, engine.ErrNeedsConfirmation) || effect.LosesEncryption() == 0 || f.file(t) != before {
		t.Errorf("%+v, %v", effect, err)
	}
	open := strings.NewReplacer(`127.0.0.1:9000`, `192.0.2.1:9000`, `"listen": "127.0.0.1:8001"`, `"listen": "0.0.0.0:8001"`).Replace(everything)
	effect, err = f.Apply(t.Context(), declared(t, open), engine.Confirmation{})
	if !errors.Is(err, engine.ErrNeedsConfirmation) || !strings.Contains(err.Error(), `route "nightly": the backend 192.0.2.1:9000`) || !strings.Contains(err.Error(), `route "weekly": it listens on 0.0.0.0:8001`) || f.file(t) != before {
		t.Errorf("%+v, %v", effect.Asks, err)
	}
	if _, err := f.Apply(t.Context(), declared(t, open), effect.Confirm()); err != nil {
		t.Error(err)
	}
}

func TestAFileThatCannotBeAppliedChangesNothing(t *testing.T) {
	f := newFixture(t)
	f.apply(t, declared(t, everything))
	before := f.file(t)
	for name, test := range map[string]struct{ from, to, says string }{
		"an unknown component's tags": {`"name": "Source"`, `"name": "nobody"`, `component "nobody": not found; a file cannot make components`},
		"an unknown source":           {`["source"]`, `["nobody"]`, `route "nightly": source: component "nobody": not found`},
		"an unknown target":           {`"target": "target", "backend": "127.0.0.1:9001"`, `"target": "nobody", "backend": "127.0.0.1:9001"`, `service "second": target`},
		"an unknown service":          {`"service": "vault"`, `"service": "nothing"`, `service "nothing"`},
		"one port twice":              {`127.0.0.1:8001`, `127.0.0.1:8000`, `listens on`},
		"a route to itself":           {`["source"]`, `["target"]`, `source and target`},
		"a bad listener":              {`"listen": "127.0.0.1:8000"`, `"listen": "nowhere"`, `listen`},
		"a bad tag":                   {`"agent"]`, `"A B"]`, `tags`},
		"a bad number of streams":     {`"streams": 4`, `"streams": 4000000000`, `streams`},
	} {
		change := declared(t, strings.Replace(everything, test.from, test.to, 1))
		if _, err := engine.ApplyShown(t.Context(), f.Local, change, false, func(engine.Effect) {}); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
		if f.file(t) != before {
			t.Errorf("%s: something was changed", name)
		}
	}
}

func TestRoutesCanSwapTheirPortsInOneFile(t *testing.T) {
	f := newFixture(t)
	f.apply(t, declared(t, everything))
	f.apply(t, declared(t, strings.NewReplacer("127.0.0.1:8000", "127.0.0.1:8001", "127.0.0.1:8001", "127.0.0.1:8000").Replace(everything)))
}

// Half of it must not be taken back by an undo of one of its entries.
func TestWhatAFileDidIsTakenBackByTheFileBeforeIt(t *testing.T) {
	f := newFixture(t)
	before := f.file(t)
	effect := f.apply(t, declared(t, everything))
	entries, err := f.Audit(t.Context(), engine.AuditQuery{Change: effect.Change})
	if err != nil {
		t.Fatal(err)
	}
	after := f.file(t)
	for _, entry := range entries {
		if _, err := f.Apply(t.Context(), engine.Change{Undo: entry.ID}, engine.Confirmation{}); err == nil || f.file(t) != after {
			t.Errorf("%s is undone by itself", entry.What)
		}
	}
	f.apply(t, declared(t, before))
	if now := f.file(t); now != before {
		t.Errorf("it was\n%s\nand is\n%s", before, now)
	}
}
