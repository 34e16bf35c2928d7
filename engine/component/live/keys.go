package live

import (
	"errors"
	"log/slog"
	"time"

	"lockwire/engine"
	"lockwire/engine/secret"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

const (
	// oneTimeAhead is how many one-time keys the broker holds of this component, and oneTimeRefill below which more are sent:
	// as many sessions can begin within one round trip.
	oneTimeAhead  = 8
	oneTimeRefill = 6
	// Below oneTimeUrgent they are made at once, otherwise refillAfter later: making one takes some tenths of a millisecond of the
	// processor, which the session needs that has just begun.
	oneTimeUrgent = 4
	refillAfter   = 20 * time.Millisecond
)

// Keys are the one-time keys of one attachment. The broker has their public halves, of the present stream only.
type Keys struct {
	log  *slog.Logger
	ring *session.KeyRing
}

// NewKeys makes none yet.
func NewKeys(log *slog.Logger) *Keys { return &Keys{log: log, ring: session.NewKeyRing()} }

// Renew makes the keys of a new stream. Those of the streams before it are gone.
func (k *Keys) Renew() (*wire.OneTimeKeys, error) {
	generation := k.ring.Renew()
	keys, err := k.ring.Make(generation, oneTimeAhead)
	if err != nil {
		return nil, err
	}
	return oneTimeMessage(generation, keys), nil
}

// Refill makes up for keys that offers have used, where fewer than low are left. An offer may be answered after its stream is
// over: the keys of the next one are its own.
func (k *Keys) Refill(s Stream, low int) {
	keys, err := k.ring.Refill(s.Generation(), low, oneTimeAhead)
	switch {
	case errors.Is(err, session.ErrOldGeneration):
	case err != nil:
		k.log.Error("no one-time keys: no session can begin", "reason", err.Error())
	case len(keys) > 0:
		s.Send(&wire.Up{Message: &wire.Up_OneTimeKeys{OneTimeKeys: oneTimeMessage(s.Generation(), keys)}})
	}
}

// DropAll destroys all of them. The broker forgets the public halves when the stream is over.
func (k *Keys) DropAll() { k.ring.DropAll() }

func (k *Keys) open(sealed session.SealedKey, binding session.Binding, component engine.ID) (*secret.Key, error) {
	return k.ring.Open(sealed, binding, component)
}

func (k *Keys) drop(id session.OneTimeID) { k.ring.Drop(id) }

func oneTimeMessage(generation uint64, keys []session.OneTimePublic) *wire.OneTimeKeys {
	message := &wire.OneTimeKeys{Generation: generation}
	for _, key := range keys {
		message.Keys = append(message.Keys, &wire.OneTimeKey{Id: key.ID[:], Public: key.Key})
	}
	return message
}
