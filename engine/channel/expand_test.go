package channel

import (
	"bytes"
	"crypto/fips140"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"lockwire/engine/secret"
)

// What is put together of SHA-256 here gives what packages hkdf and hmac give, for every length of a message.
func TestOwnHMACIsHMAC(t *testing.T) {
	key, message := make([]byte, keySize), make([]byte, maximumMessage)
	rand.Read(key)
	rand.Read(message)
	for n := range len(message) + 1 {
		h := hmac.New(sha256.New, key)
		h.Write(message[:n])
		if got := hmacOf(key, message[:n]); !bytes.Equal(got[:], h.Sum(nil)) {
			t.Fatalf("of %d bytes: %x", n, got)
		}
	}
	for _, n := range []int{chainIDSize, keySize} {
		got := make([]byte, n)
		if err := expandInto(got, "test", key, joinToTarget, message[:32], message[32:64]); err != nil {
			t.Fatal(err)
		}
		if want, err := hkdf.Expand(sha256.New, key, joinToTarget+string(message[:64]), n); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %x, %v; want %x", n, got, err, want)
		}
	}
}

// Allocations inside secret.Do are what a join's cost was made of.
func TestDerivingAllocatesNothing(t *testing.T) {
	if raced || fips140.Enabled() {
		t.Skip("the race detector allocates, and so do packages hkdf and hmac, which FIPS 140 mode needs")
	}
	from, err := secret.New()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Destroy()
	to, err := secret.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	defer to.Destroy()
	more, message := make([]byte, 32), make([]byte, maximumMessage)
	if n := testing.AllocsPerRun(100, func() {
		_ = from.Use(func(from []byte) {
			_ = expand(to, "test", from, joinToTarget, more, more)
			_ = macOf(from, message)
		})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
