package broker

import (
	"fmt"

	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// takeOneTimeKeys adds keys to the pool of an attachment. Those of an earlier control stream are gone at the component.
func (b *Broker) takeOneTimeKeys(a *attachment, message *wire.OneTimeKeys) error {
	keys, err := parseOneTimeKeys(message)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if message.GetGeneration() == a.generation {
		a.refill(keys)
	}
	return nil
}

func parseOneTimeKeys(message *wire.OneTimeKeys) ([]session.OneTimePublic, error) {
	if len(message.GetKeys()) > wire.MaximumOneTimeKeys {
		return nil, fmt.Errorf("%w: %d one-time keys at once", wire.ErrMalformed, len(message.GetKeys()))
	}
	var keys []session.OneTimePublic
	for _, sent := range message.GetKeys() {
		key, err := session.ParseOneTimePublic(sent.GetPublic())
		if err != nil {
			return nil, fmt.Errorf("%w: %w", wire.ErrMalformed, err)
		}
		if string(sent.GetId()) != string(key.ID[:]) {
			return nil, fmt.Errorf("%w: a one-time key under another one's id", wire.ErrMalformed)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
