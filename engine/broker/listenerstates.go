package broker

import (
	"fmt"

	"lockwire/engine"
	"lockwire/engine/wire"
)

const maximumListeners = 4096

// takeListenerStates takes how routes fare on a source.
func (b *Broker) takeListenerStates(a *attachment, message *wire.ListenerStates) error {
	if len(message.GetStates()) > maximumListeners {
		return fmt.Errorf("%w: the states of %d listeners", wire.ErrMalformed, len(message.GetStates()))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.member.attachment != a {
		return nil
	}
	for _, state := range message.GetStates() {
		route, err := wire.ParseID(state.GetRoute())
		if err != nil {
			return err
		}
		if b.present.routes[route] == nil {
			continue
		}
		listener := engine.Listener{State: engine.ListenerUp}
		if !state.GetListening() {
			listener = engine.Listener{State: engine.ListenerFailed, Problem: reasonText(state.GetProblem())}
		}
		a.member.listeners[route] = listener
	}
	b.changed()
	return nil
}
