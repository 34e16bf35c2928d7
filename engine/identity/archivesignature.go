package identity

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// archivePurpose is signed with the sum, so that no signature over anything else, such as a certificate, passes for one over an archive.
const archivePurpose = "lockwire archive v1\x00"

// ErrArchiveAltered: an archive is not, byte for byte, what the installation's authority signed.
var ErrArchiveAltered = errors.New("the backup was altered or is damaged")

// SignArchive signs the sum of an archive's content. Who restores it has the authority from the archive, and sees whether the
// rest is as the installation wrote it.
func (a *Authority) SignArchive(sum [sha256.Size]byte) ([]byte, error) {
	signature, err := ecdsa.SignASN1(rand.Reader, a.signer().key, archiveDigest(sum))
	if err != nil {
		return nil, fmt.Errorf("sign the archive: %w", err)
	}
	return signature, nil
}

// VerifyArchive gives [ErrArchiveAltered] unless the signature is the authority's over this sum.
func (a *Authority) VerifyArchive(sum [sha256.Size]byte, signature []byte) error {
	if !ecdsa.VerifyASN1(&a.signer().key.PublicKey, archiveDigest(sum), signature) {
		return ErrArchiveAltered
	}
	return nil
}

func archiveDigest(sum [sha256.Size]byte) []byte {
	digest := sha256.Sum256(append([]byte(archivePurpose), sum[:]...))
	return digest[:]
}
