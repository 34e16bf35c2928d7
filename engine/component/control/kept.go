package control

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"

	"lockwire/engine"
	"lockwire/engine/identity"
)

// keepRoots keeps a new bundle of roots. One that has nothing to do with the present one is refused, and the stream goes on.
func (b *Broker) keepRoots(all [][]byte) error {
	roots, err := parseRoots(all)
	if err != nil {
		return fmt.Errorf("roots: %w", err)
	}
	if roots.Equal(b.Directory.Roots()) {
		return nil
	}
	if err := b.Directory.SetRoots(roots); err != nil {
		b.Log.Error("the broker's new root certificates are not kept", "reason", err.Error())
		return nil
	}
	b.Log.Info("the installation's root certificates changed")
	return nil
}

// keepName keeps the name that the component has at the broker.
func (b *Broker) keepName(name string) {
	if name == "" || len(name) > identity.MaxName || name == b.Directory.Attachment().Name {
		return
	}
	if err := b.Directory.SetName(name); err != nil {
		b.Log.Warn("the component's new name is not kept", "reason", err.Error())
	}
}

// keepBrokers keeps other addresses of the broker for the next try to attach.
func (b *Broker) keepBrokers(addresses []string) error {
	if err := identity.CheckBrokers(addresses); err != nil {
		return fmt.Errorf("broker addresses: %w", err)
	}
	if slices.Equal(addresses, b.Directory.Attachment().Brokers) {
		return nil
	}
	if err := b.Directory.SetBrokers(addresses); err != nil {
		b.Log.Error("the broker's new addresses are not kept", "reason", err.Error())
		return nil
	}
	b.Log.Info("the broker's addresses changed", "addresses", addresses)
	return nil
}

// CertificateFor gives the certificate whose key an offer names: the present one, or the one before it while it is kept.
func (b *Broker) CertificateFor(key engine.KeyID) (tls.Certificate, error) {
	present, err := b.Directory.Certificate()
	if err != nil {
		return tls.Certificate{}, err
	}
	for _, candidate := range []*tls.Certificate{present, b.Directory.Previous()} {
		if candidate != nil && identity.KeyIDOf(candidate.Leaf.RawSubjectPublicKeyInfo) == key {
			return *candidate, nil
		}
	}
	return tls.Certificate{}, errors.New("the offer names a key that this machine does not have")
}

// brokers are the broker's addresses as they are on the disk, where a person may have set others while the agent runs.
func (b *Broker) brokers() []string {
	if onDisk, err := identity.OpenDirectory(b.Directory.Path()); err == nil {
		if addresses := onDisk.Attachment().Brokers; !slices.Equal(addresses, b.Directory.Attachment().Brokers) {
			if err := b.Directory.SetBrokers(addresses); err != nil {
				b.Log.Warn("the broker's addresses are not kept", "reason", err.Error())
			}
		}
	}
	return b.Directory.Attachment().Brokers
}
