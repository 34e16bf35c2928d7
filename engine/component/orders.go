package component

import (
	"fmt"
	"slices"

	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
	"lockwire/engine/session"
	"lockwire/engine/wire"
)

// ordered gives an order of the broker to one session. One that is not here any more needs none.
func (a *attachment) ordered(id []byte, kind session.EndEventKind, reason string) error {
	parsed, err := wire.ParseID(id)
	if err != nil {
		return err
	}
	if s := a.sessions.get(parsed); s != nil {
		s.order(kind, reason)
	}
	return nil
}

func (a *attachment) cut(order *wire.Cut) error {
	kind := session.CutOrdered
	if order.GetDrain() {
		kind = session.DrainOrdered
	}
	return a.ordered(order.GetSession(), kind, machine.Sentence(order.GetReason()))
}

// keepRoots keeps a new bundle of roots. One that has nothing to do with the present one is refused, and the stream goes on.
func (a *attachment) keepRoots(all [][]byte) error {
	roots, err := parseRoots(all)
	if err != nil {
		return fmt.Errorf("roots: %w", err)
	}
	if roots.Equal(a.directory.Roots()) {
		return nil
	}
	if err := a.directory.SetRoots(roots); err != nil {
		a.log.Error("the broker's new root certificates are not kept", "reason", err.Error())
		return nil
	}
	a.log.Info("the installation's root certificates changed")
	return nil
}

// keepBrokers keeps other addresses of the broker for the next attachment.
func (a *attachment) keepBrokers(addresses []string) error {
	if err := identity.CheckBrokers(addresses); err != nil {
		return fmt.Errorf("broker addresses: %w", err)
	}
	if slices.Equal(addresses, a.directory.Attachment().Brokers) {
		return nil
	}
	if err := a.directory.SetBrokers(addresses); err != nil {
		a.log.Error("the broker's new addresses are not kept", "reason", err.Error())
		return nil
	}
	a.log.Info("the broker's addresses changed", "addresses", addresses)
	return nil
}
