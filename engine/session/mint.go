package session

import (
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

// Mint makes a session's key K, seals it to both components, and wipes it before returning, also when it fails. Nothing of K
// leaves Mint but the ciphertexts. now is the broker's clock.
func Mint(session engine.ID, mode engine.Mode, source, target Recipient, now func() time.Time) (Minted, error) {
	minted, err := mint(session, mode, source, target, now)
	if err != nil {
		return Minted{}, fmt.Errorf("mint the key of session %s: %w", session, err)
	}
	minted.Wiped = now()
	return minted, nil
}

func mint(session engine.ID, mode engine.Mode, source, target Recipient, now func() time.Time) (minted Minted, err error) {
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
	sealing.Go(func() { minted.Source, toSource = seal(key, source.OneTime, session, source.Component, mode) })
	minted.Target, toTarget = seal(key, target.OneTime, session, target.Component, mode)
	sealing.Wait()
	switch {
	case toSource != nil:
		return Minted{}, fmt.Errorf("seal to the source: %w", toSource)
	case toTarget != nil:
		return Minted{}, fmt.Errorf("seal to the target: %w", toTarget)
	}
	return minted, nil
}
