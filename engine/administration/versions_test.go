package administration

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"lockwire/engine"
	"lockwire/engine/wire"
)

// newerBroker passes calls on and adds fields to what is read, as a broker of a later version may.
type newerBroker struct {
	grpc.ClientConnInterface
	add func(method string, reply map[string]any)
}

func (b newerBroker) Invoke(ctx context.Context, method string, in, out any, options ...grpc.CallOption) error {
	if err := b.ClientConnInterface.Invoke(ctx, method, in, out, options...); err != nil {
		return err
	}
	reply := map[string]any{}
	document := out.(*wire.Document)
	if json.Unmarshal(document.Json, &reply) == nil {
		b.add(method, reply)
		document.Json, _ = json.Marshal(reply)
	}
	return nil
}

func TestAnEditThatWouldLoseWhatANewerBrokerKeepsIsRefused(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayChange)
	ctx := t.Context()
	rule := encryptRule("Nightly")
	field := ""
	client.connection = newerBroker{client.connection, func(method string, reply map[string]any) {
		switch {
		case field == "rule" && strings.HasSuffix(method, "/RuleSet"):
			for _, rule := range reply["rules"].([]any) {
				rule.(map[string]any)["window"] = "night"
			}
		case field == "throttle" && strings.HasSuffix(method, "/RuleSet"):
			for _, rule := range reply["rules"].([]any) {
				rule.(map[string]any)["throttle"] = map[string]any{"value": 1, "unit": "MB/s", "burst": 3}
			}
		case field == "installation" && strings.HasSuffix(method, "/Installation"):
			reply["motto"] = "new"
		}
	}}
	field = "installation"
	if _, err := client.Installation(ctx); err != nil {
		t.Fatalf("a reply with more than is known here cannot be read: %v", err)
	}
	if _, err := client.Apply(ctx, engine.Change{AddRule: &rule}, engine.Confirmation{}); err != nil {
		t.Errorf("what is never written back holds up an edit: %v", err)
	}
	for _, field = range []string{"rule", "throttle"} {
		client.newer = newer{}
		set, err := client.RuleSet(ctx)
		if field == "rule" && (err != nil || len(set.Rules) != 2) {
			t.Errorf("%s: %d rules, %v", field, len(set.Rules), err)
		}
		if field == "throttle" && !errors.Is(err, engine.ErrVersionsDiffer) {
			t.Errorf("a limit that cannot be shown truly: %v", err)
		}
		other := encryptRule("Other")
		_, err = client.Apply(ctx, engine.Change{AddRule: &other}, engine.Confirmation{})
		if !errors.Is(err, engine.ErrVersionsDiffer) || !strings.Contains(err.Error(), "Update this program") {
			t.Errorf("%s: %v", field, err)
		}
		if err := client.Cut(ctx, engine.NewID()); errors.Is(err, engine.ErrVersionsDiffer) {
			t.Errorf("%s: what writes nothing back is refused: %v", field, err)
		}
	}
}

func TestAFieldThatTheBrokerDoesNotKnowIsRefusedInWords(t *testing.T) {
	f := newFixture(t)
	client := newClient(t, f.Local, engine.MayChange)
	for name, document := range map[string]string{
		"of the request": `{"change": {"addRule": {"name": "Nightly"}}, "urgency": 3}`,
		"of a rule":      `{"change": {"addRule": {"name": "Nightly", "urgency": 3}}}`,
		"of a throttle":  `{"change": {"addRule": {"name": "Nightly", "throttle": {"value": 1, "unit": "MB/s", "urgency": 3}}}}`,
		"of a relaxed":   `{"change": {"addRule": {"name": "Nightly", "throttle": {"value": 1, "unit": "MB/s", "relaxed": {"value": 1, "unit": "MB/s", "urgency": 3}}}}}`,
	} {
		err := client.connection.Invoke(withVersion(t.Context(), "9.9.9"), fullName("Apply"), &wire.Document{Json: []byte(document)}, new(wire.Document))
		err = fromStatus(err)
		if !errors.Is(err, engine.ErrVersionsDiffer) || !strings.Contains(err.Error(), `urgency"`) || !strings.Contains(err.Error(), "9.9.9") || !strings.Contains(err.Error(), "Update the broker") {
			t.Errorf("a field %s: %v", name, err)
		}
	}
	if set, err := client.RuleSet(t.Context()); err != nil || len(set.Rules) != 1 {
		t.Errorf("something was kept: %+v, %v", set.Rules, err)
	}
}
