package identity

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lockwire/engine"
	"lockwire/engine/disk"
)

// joiningFile holds the key with which a machine has asked to join and was not answered yet. It is no attachment: a broker that has let
// the machine in answers again to the same key, so that an answer that was lost costs neither the name nor a use of the token.
const joiningFile = "joining.pem"

// joiningHeader says in the file what the key is for.
const joiningHeader = "For"

// JoiningKey gives the key with which this machine asks to join with a token under a name: the one that it asked with before, or else a
// fresh one, which is on the disk under base when JoiningKey returns. A key is for one token and one name only.
func JoiningKey(base string, token Token, name string) (*ecdsa.PrivateKey, error) {
	wanted := joiningFor(token, name)
	path := filepath.Join(base, joiningFile)
	if key := readJoining(path, wanted); key != nil {
		return key, nil
	}
	key, err := NewKey()
	if err != nil {
		return nil, err
	}
	text, err := marshalKey(key)
	if err != nil {
		return nil, err
	}
	defer wipe(text)
	block, _ := pem.Decode(text)
	defer wipe(block.Bytes)
	block.Headers = map[string]string{joiningHeader: wanted}
	kept := pem.EncodeToMemory(block)
	defer wipe(kept)
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, err
	}
	if err := disk.WriteFile(path, kept); err != nil {
		return nil, fmt.Errorf("keep the key to join with: %w", err)
	}
	return key, nil
}

// joiningFor names what a key is for. The token's secret cannot be told from it.
func joiningFor(token Token, name string) string {
	hash := token.Hash()
	pin := token.Pin()
	h := sha256.New()
	h.Write([]byte("lockwire joining key v1"))
	h.Write(pin[:])
	h.Write(hash[:])
	h.Write([]byte(engine.Fold(name)))
	return hex.EncodeToString(h.Sum(nil))
}

// readJoining reads the key that was kept for a purpose; nil where there is none, or the file does not hold one.
func readJoining(path, wanted string) *ecdsa.PrivateKey {
	text, err := readPrivateFile(path, maxIdentityFile)
	if err != nil {
		return nil
	}
	defer wipe(text)
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemPrivateKey || block.Headers[joiningHeader] != wanted {
		return nil
	}
	defer wipe(block.Bytes)
	key, err := parsePKCS8(block.Bytes)
	if err != nil {
		return nil
	}
	return key
}

// ForgetJoiningKey removes the key that JoiningKey has kept: the broker has answered.
func ForgetJoiningKey(base string) error {
	if err := os.Remove(filepath.Join(base, joiningFile)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return disk.SyncFolder(base)
}
