package front

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// renewal is the key that a component, administrator or tenant renewed to and has not used yet. Until it does, the old key counts
// too: the reply that carried the new certificate may never have arrived.
type renewal struct {
	Key     engine.KeyID
	Expires time.Time
}

// renewalDocument is a renewal as the store keeps it.
type renewalDocument struct {
	Key     string    `json:"key"` // hexadecimal
	Expires time.Time `json:"expires"`
}

// renewalValue is the name in the store under which a holder's renewal is kept; an empty value is none.
func renewalValue(holder engine.ID) string { return "renewal/" + string(holder) }

// readRenewal gives the zero renewal where there is none.
func readRenewal(ctx context.Context, from engine.Records, holder engine.ID) (renewal, error) {
	text, err := from.Value(ctx, renewalValue(holder))
	if errors.Is(err, engine.ErrNotFound) || err == nil && len(text) == 0 {
		return renewal{}, nil
	}
	if err != nil {
		return renewal{}, err
	}
	var document renewalDocument
	if err := json.Unmarshal(text, &document); err != nil {
		return renewal{}, fmt.Errorf("renewal of %s: %w", holder, err)
	}
	key, err := hex.DecodeString(document.Key)
	if err != nil || len(key) != len(engine.KeyID{}) {
		return renewal{}, fmt.Errorf("renewal of %s: its key id cannot be read", holder)
	}
	return renewal{engine.KeyID(key), document.Expires}, nil
}

func putRenewal(tx engine.Transaction, holder engine.ID, r renewal) error {
	text, err := json.Marshal(renewalDocument{r.Key.String(), r.Expires})
	if err != nil {
		return err
	}
	return tx.PutValue(renewalValue(holder), text)
}

// Promote makes a renewed key the present one, in the store first; from then on the old one is refused.
func (f *Front) Promote(ctx context.Context, p Peer) error {
	err := f.config.Members.Promote(p, func() error {
		return f.config.Store.Write(ctx, func(tx engine.Transaction) error {
			renewed, err := readRenewal(ctx, tx, p.ID)
			if err != nil {
				return err
			}
			if renewed.Key != p.Key {
				return nil // another call of the same holder was quicker
			}
			if err := tx.PutValue(renewalValue(p.ID), nil); err != nil {
				return err
			}
			switch p.Kind {
			case identity.Administrator:
				return promoteAdministrator(ctx, tx, p.ID, renewed)
			case identity.Tenant:
				return promoteTenant(ctx, tx, p.ID, renewed)
			}
			return promoteComponent(ctx, tx, p.ID, renewed)
		})
	})
	if err != nil {
		f.log.Error("keep a renewed key", "holder", p.ID, "error", err)
		return status.Error(codes.Unavailable, "the broker cannot write its record at this moment; its log says why")
	}
	return nil
}

func promoteComponent(ctx context.Context, tx engine.Transaction, id engine.ID, to renewal) error {
	c, err := tx.Component(ctx, id)
	if err != nil {
		return err
	}
	c.Key, c.CertificateExpires = to.Key, to.Expires
	return tx.PutComponent(c)
}

func promoteAdministrator(ctx context.Context, tx engine.Transaction, id engine.ID, to renewal) error {
	administrators, err := tx.Administrators(ctx)
	if err != nil {
		return err
	}
	for _, a := range administrators {
		if a.ID == id {
			a.Key, a.CertificateExpires = to.Key, to.Expires
			return tx.PutAdministrator(a)
		}
	}
	return fmt.Errorf("administrator %s: %w", id, engine.ErrNotFound)
}

func promoteTenant(ctx context.Context, tx engine.Transaction, id engine.ID, to renewal) error {
	t, err := tx.Tenant(ctx, id)
	if err != nil {
		return err
	}
	t.Key, t.CertificateExpires = to.Key, to.Expires
	return tx.PutTenant(t)
}

// errReplaced tells that a key which was admitted a moment ago counts no more.
var errReplaced = errors.New("the certificate was revoked or replaced meanwhile")

// stillHeld tells, in the transaction that keeps a renewal, that the key that asks for it still counts: a link that was redeemed since the
// call was admitted, or another key of a tenant's component, is not to be undone by a renewal of the key before it.
func stillHeld(ctx context.Context, tx engine.Transaction, caller Peer) error {
	var key engine.KeyID
	var revoked time.Time
	var err error
	switch caller.Kind {
	case identity.Component:
		var c engine.Component
		c, err = tx.Component(ctx, caller.ID)
		key, revoked = c.Key, c.Revoked
	case identity.Tenant:
		var t engine.Tenant
		t, err = tx.Tenant(ctx, caller.ID)
		key = t.Key
	default:
		return nil // nobody but the administrator gives an administrator another key
	}
	switch {
	case errors.Is(err, engine.ErrNotFound):
		return errReplaced
	case err != nil:
		return err
	case !revoked.IsZero():
		return errReplaced
	case key == caller.Key:
		return nil
	}
	pending, err := readRenewal(ctx, tx, caller.ID)
	if err == nil && pending.Key != caller.Key {
		err = errReplaced
	}
	return err
}

// ForgetRenewal drops the key that a holder renewed to and has not used: it is not to count beside one that the holder gets otherwise.
func ForgetRenewal(tx engine.Transaction, holder engine.ID) error {
	return tx.PutValue(renewalValue(holder), nil)
}

// ErrKeyNamed tells that a key is, or was, somebody's already.
var ErrKeyNamed = errors.New("the key was used before: make a fresh one")

// NameKey remembers a key for good, so that nobody names it a second time; [ErrKeyNamed] where somebody has, or had, it.
func NameKey(ctx context.Context, tx engine.Transaction, key engine.KeyID) error {
	named, err := tx.KeyNamed(ctx, key)
	if err != nil {
		return err
	}
	if named {
		return ErrKeyNamed
	}
	return tx.NameKey(key)
}

// nameKey does so for the fresh key of a tenant or of one of its components.
func nameKey(ctx context.Context, tx engine.Transaction, of Peer, key engine.KeyID) error {
	if of.Kind != identity.Tenant && of.Tenant == "" {
		return nil
	}
	return NameKey(ctx, tx, key)
}
