package session

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"time"

	"lockwire/engine"
	"lockwire/engine/secret"
)

// Recipient is a component that a session key is for, and the one-time key that it made for this session.
type Recipient struct {
	Component engine.ID
	OneTime   OneTimePublic
}

// Minted is a session key as the broker keeps it: only the two ciphertexts, which it cannot open.
type Minted struct {
	Source, Target SealedKey
	// Made is when K was drawn, Wiped when the broker's own copy was overwritten.
	Made, Wiped time.Time
}

// OneTimeKeyError tells that a component's one-time key is none that can be sealed to.
type OneTimeKeyError struct {
	Of  Side // whose key it is
	err error
}

func (e *OneTimeKeyError) Error() string { return e.err.Error() }
func (e *OneTimeKeyError) Unwrap() error { return e.err }

// errPublicKey is what seal gives for such a key.
var errPublicKey = errors.New("the one-time public key is malformed")

// sealTo is seal for one end of a session.
func sealTo(side Side, key *secret.Key, to Recipient, binding Binding) (SealedKey, error) {
	sealed, err := seal(key, to.OneTime, binding, to.Component)
	if errors.Is(err, errPublicKey) {
		return SealedKey{}, &OneTimeKeyError{side, fmt.Errorf("seal to the %s: %w", side, err)}
	}
	if err != nil {
		return SealedKey{}, fmt.Errorf("seal to the %s: %w", side, err)
	}
	return sealed, nil
}

// Mint makes a session's key K, seals it to both components, and wipes it before returning, also when it fails. Nothing of K
// leaves Mint but the ciphertexts. now is the broker's clock. The error is a [OneTimeKeyError] where a one-time key is to blame.
func Mint(binding Binding, source, target Recipient, now func() time.Time) (Minted, error) {
	minted, err := mint(binding, source, target, now)
	if err != nil {
		return Minted{}, fmt.Errorf("mint the key of session %s: %w", binding.Session, err)
	}
	minted.Wiped = now()
	return minted, nil
}

func mint(binding Binding, source, target Recipient, now func() time.Time) (minted Minted, err error) {
	if source.OneTime.ID == target.OneTime.ID {
		return Minted{}, fmt.Errorf("source and target have one and the same one-time key")
	}
	key, err := secret.New()
	if err != nil {
		return Minted{}, err
	}
	defer key.Destroy()
	minted.Made = now()
	if err := key.Use(func(k []byte) { secret.Trace("session key", k) }); err != nil {
		return Minted{}, err
	}
	// At the same time, for the tool waits for both.
	var sealing sync.WaitGroup
	var toSource, toTarget error
	sealing.Go(func() { minted.Source, toSource = sealTo(Source, key, source, binding) })
	minted.Target, toTarget = sealTo(Target, key, target, binding)
	sealing.Wait()
	if err := cmp.Or(toSource, toTarget); err != nil {
		return Minted{}, err
	}
	return minted, nil
}
