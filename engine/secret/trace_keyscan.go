//go:build keyscan

package secret

import (
	"crypto/sha256"
	"fmt"
	"os"
)

// Trace appends the line "keyscan KIND SHA256" to the file that the environment variable LOCKWIRE_KEYSCAN names, so that
// a scanner can look for the key in this process's memory. It does nothing where the variable is not set. This is a build
// for tests only; no release has it.
func Trace(kind string, key []byte) {
	path := os.Getenv("LOCKWIRE_KEYSCAN")
	if path == "" {
		return
	}
	var digest [sha256.Size]byte
	Do(func() { digest = sha256.Sum256(key) })
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(fmt.Sprintf("key scan: %v", err)) // a scan that misses a key proves nothing
	}
	defer file.Close()
	if _, err := fmt.Fprintf(file, "keyscan %s %x\n", kind, digest); err != nil {
		panic(fmt.Sprintf("key scan: %v", err))
	}
}
