package administration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"lockwire/engine"
)

// Names under which the store keeps the settings of alarms, and their secrets, sealed with the authority's key.
const (
	alarmsValue     = "alarms"
	webhookKeyValue = "alarms: key of the webhook"
)

// Alarms is what the keeper of alarms of a running broker gives to its administration.
type Alarms interface {
	// Configure takes up settings and secrets.
	Configure(settings engine.AlarmSettings, secrets engine.AlarmSecrets)
	// Tell says that something happened; it never waits.
	Tell(f engine.Finding)
	// Test sends a test alarm and waits for what becomes of it.
	Test(ctx context.Context, receiver engine.AlarmReceiver) engine.AlarmTestResult
	Status() []engine.AlarmReceiverStatus
	Lost() uint64
}

// Alarms gives the settings of alarms, and how the receivers fare.
func (l *Local) Alarms(ctx context.Context) (engine.Alarms, error) {
	alarms, err := alarmsIn(ctx, l.Store)
	if err == nil && l.Config.Alarms != nil {
		alarms.Receivers, alarms.Lost = l.Config.Alarms.Status(), l.Config.Alarms.Lost()
	}
	return alarms, err
}

func alarmsIn(ctx context.Context, records engine.Records) (alarms engine.Alarms, err error) {
	text, err := records.Value(ctx, alarmsValue)
	switch {
	case errors.Is(err, engine.ErrNotFound):
	case err != nil:
		return alarms, err
	default:
		if err := json.Unmarshal(text, &alarms.Settings); err != nil {
			return alarms, fmt.Errorf("read the settings of alarms: %w", err)
		}
	}
	sealed, err := kept(ctx, records, webhookKeyValue)
	alarms.WebhookKey = len(sealed) > 0
	return alarms, err
}

// kept gives a sealed secret; empty where there is none.
func kept(ctx context.Context, records engine.Records, name string) ([]byte, error) {
	sealed, err := records.Value(ctx, name)
	if errors.Is(err, engine.ErrNotFound) {
		return nil, nil
	}
	return sealed, err
}

// recordedAlarms is what the audit keeps of an edit: never a secret, only that one was set.
type recordedAlarms struct {
	engine.AlarmSettings
	WebhookKey string `json:"webhookKey,omitempty"`
}

func recordedAlarmsOf(settings engine.AlarmSettings, hasKey, set bool) recordedAlarms {
	recorded := recordedAlarms{AlarmSettings: settings}
	switch {
	case set:
		recorded.WebhookKey = "set anew"
	case hasKey:
		recorded.WebhookKey = "kept"
	}
	return recorded
}

// PutAlarms replaces the settings of alarms. A receiver that is taken away takes its secret with it.
func (l *Local) PutAlarms(ctx context.Context, edit engine.AlarmEdit) (engine.Alarms, error) {
	after := edit.Settings
	if err := after.Check(); err != nil {
		return engine.Alarms{}, err
	}
	set := edit.Secrets.WebhookKey != ""
	if set {
		if err := engine.CheckWebhookKey(edit.Secrets.WebhookKey); err != nil {
			return engine.Alarms{}, err
		}
	}
	l.edit.Lock()
	defer l.edit.Unlock()
	before, err := alarmsIn(ctx, l.Store)
	switch {
	case err != nil:
		return engine.Alarms{}, err
	case before.Settings.Revision != after.Revision:
		return engine.Alarms{}, fmt.Errorf("settings of alarms: %w", engine.ErrOutdated)
	case after.Webhook != nil && !set && !before.WebhookKey:
		return engine.Alarms{}, &engine.FieldError{Of: "webhook", Field: "key", Err: errors.New("a key is needed, with which alarms are signed")}
	case after.Webhook == nil && set:
		return engine.Alarms{}, &engine.FieldError{Of: "webhook", Field: "key", Err: errors.New("there is no webhook whose key it could be")}
	// Else whoever may change the address has what is signed with a key that somebody else gave to another place.
	case after.Webhook != nil && !set && before.Settings.Webhook != nil && after.Webhook.URL != before.Settings.Webhook.URL:
		return engine.Alarms{}, &engine.FieldError{Of: "webhook", Field: "key", Err: errors.New("another address needs a key of its own: give the key with it")}
	}
	sealed, err := kept(ctx, l.Store, webhookKeyValue)
	if err != nil {
		return engine.Alarms{}, err
	}
	switch {
	case after.Webhook == nil:
		sealed = nil
	case set:
		authority, err := l.Authority()
		if err != nil {
			return engine.Alarms{}, err
		}
		if sealed, err = authority.SealSecret(webhookKeyValue, []byte(edit.Secrets.WebhookKey)); err != nil {
			return engine.Alarms{}, err
		}
	}
	after.Revision++
	text, err := json.Marshal(after)
	if err != nil {
		return engine.Alarms{}, err
	}
	was, is := recordedAlarmsOf(before.Settings, before.WebhookKey, false), recordedAlarmsOf(after, len(sealed) > 0, set)
	err = l.commit(ctx, func(tx engine.Transaction) error {
		if err := errors.Join(tx.PutValue(alarmsValue, text), tx.PutValue(webhookKeyValue, sealed)); err != nil {
			return err
		}
		return l.audit(tx, "alarms.set", "alarms", was, is)
	})
	if err != nil {
		return engine.Alarms{}, err
	}
	if err := l.ConfigureAlarms(ctx); err != nil {
		return engine.Alarms{}, err
	}
	return l.Alarms(ctx)
}

// ConfigureAlarms has the running keeper of alarms take up what is stored.
func (l *Local) ConfigureAlarms(ctx context.Context) error {
	if l.Config.Alarms == nil {
		return nil
	}
	alarms, err := alarmsIn(ctx, l.Store)
	if err != nil {
		return err
	}
	var secrets engine.AlarmSecrets
	if alarms.Settings.Webhook != nil {
		key, err := l.openSecret(ctx, webhookKeyValue)
		if err != nil {
			return err
		}
		secrets.WebhookKey = string(key)
		clear(key)
	}
	l.Config.Alarms.Configure(alarms.Settings, secrets)
	return nil
}

func (l *Local) openSecret(ctx context.Context, name string) ([]byte, error) {
	sealed, err := kept(ctx, l.Store, name)
	if err != nil || len(sealed) == 0 {
		return nil, err
	}
	authority, err := l.Authority()
	if err != nil {
		return nil, err
	}
	return authority.OpenSecret(name, sealed)
}

// TestAlarms sends a test alarm to one receiver, or to all that are set up, and waits for what becomes of it.
func (l *Local) TestAlarms(ctx context.Context, receiver engine.AlarmReceiver) ([]engine.AlarmTestResult, error) {
	if l.Config.Alarms == nil {
		return nil, engine.ErrNoBroker
	}
	alarms, err := alarmsIn(ctx, l.Store)
	if err != nil {
		return nil, err
	}
	var results []engine.AlarmTestResult
	for _, name := range engine.AlarmReceivers {
		if alarms.Settings.Has(name) && (receiver == "" || receiver == name) {
			results = append(results, l.Config.Alarms.Test(ctx, name))
		}
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("no receiver of alarms is set up: %w; see lockwired alarms", engine.ErrNotFound)
	}
	return results, nil
}

// tellEncryptionOff tells that a change made pairs plain that were sealed.
func (l *Local) tellEncryptionOff(effect *engine.Effect) {
	if l.Config.Alarms == nil {
		return
	}
	if f, lost := engine.EncryptionOffFinding(effect, l.who, l.Now()); lost {
		l.Config.Alarms.Tell(f)
	}
}
