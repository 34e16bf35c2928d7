package calibrate

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/chacha20poly1305"

	"lockwire/engine"
)

// recordSize is the plaintext of a record of a flow that streams.
const recordSize = 256 << 10

// newAEAD makes a cipher as the channel does, under a key that protects nothing.
func newAEAD(c engine.Cipher) (cipher.AEAD, error) {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	switch c {
	case engine.AES256GCM:
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		return cipher.NewGCMWithRandomNonce(block)
	case engine.ChaCha20Poly1305:
		return chacha20poly1305.New(key)
	}
	return nil, fmt.Errorf("the cipher %v cannot be measured", c)
}

// seal seals records until its time is up.
func (o *Options) seal(ctx context.Context, threads int, w *watch) (uint64, error) {
	return o.inThreads(ctx, threads, w, func(aead cipher.AEAD, nonce, plaintext, record []byte) error {
		aead.Seal(record[:0], nonce, plaintext, nil)
		return nil
	})
}

// open opens one record again and again until its time is up.
func (o *Options) open(ctx context.Context, threads int, w *watch) (uint64, error) {
	return o.inThreads(ctx, threads, w, func(aead cipher.AEAD, nonce, plaintext, record []byte) error {
		_, err := aead.Open(plaintext[:0], nonce, record, nil)
		return err
	})
}

// inThreads does something with a record again and again, in so many goroutines, and counts the bytes of plaintext.
func (o *Options) inThreads(ctx context.Context, threads int, w *watch, do func(aead cipher.AEAD, nonce, plaintext, record []byte) error) (uint64, error) {
	var total atomic.Uint64
	var working sync.WaitGroup
	failed := make(chan error, threads)
	ctx, cancel := w.start(ctx)
	defer cancel()
	for range threads {
		working.Go(func() {
			aead, err := newAEAD(o.Cipher)
			if err != nil {
				failed <- err
				return
			}
			nonce, plaintext := make([]byte, aead.NonceSize()), make([]byte, recordSize)
			record := aead.Seal(make([]byte, 0, recordSize+aead.Overhead()), nonce, plaintext, nil)
			for ctx.Err() == nil {
				if err := do(aead, nonce, plaintext, record); err != nil {
					failed <- err
					return
				}
				total.Add(recordSize)
			}
		})
	}
	working.Wait()
	select {
	case err := <-failed:
		return 0, err
	default:
		return total.Load(), nil
	}
}
