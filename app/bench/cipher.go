//go:build linux

package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"time"

	"lockwire/engine/channel"
)

// cipherTime is how long each half of a measurement of the cipher runs.
const cipherTime = 100 * time.Millisecond

// measureCipher measures what AES-256-GCM by itself takes: sealing and opening records as large as a channel's, over and over in
// the cache of a processor. No sealed channel can be cheaper than that and a plain one together.
func measureCipher() (s sample, err error) {
	key, plaintext := make([]byte, 32), make([]byte, channel.DefaultSizes().Streaming)
	rand.Read(key)
	rand.Read(plaintext)
	block, err := aes.NewCipher(key)
	if err != nil {
		return s, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return s, err
	}
	sealed := gcm.Seal(nil, nil, plaintext, nil)
	if s.NearPerGB, err = perGB(len(plaintext), func() error { gcm.Seal(sealed[:0], nil, plaintext, nil); return nil }); err != nil {
		return s, err
	}
	s.FarPerGB, err = perGB(len(plaintext), func() error { _, err := gcm.Open(plaintext[:0], nil, sealed, nil); return err })
	return s, err
}

// perGB gives the processor time per 10^9 bytes of something that handles so many bytes each time.
func perGB(size int, do func() error) (float64, error) {
	before, err := ownCPU()
	if err != nil {
		return 0, err
	}
	bytes := 0
	for until := time.Now().Add(cipherTime); time.Now().Before(until); bytes += size {
		if err := do(); err != nil {
			return 0, err
		}
	}
	after, err := ownCPU()
	return (after - before).Seconds() / (float64(bytes) / 1e9), err
}
