package identity

import (
	"crypto/sha256"
	"errors"
	"testing"
)

func TestOnlyTheAuthorityOfAnArchiveSignsIt(t *testing.T) {
	authority, other := newAuthority(t), newAuthority(t)
	content := sha256.Sum256([]byte("content"))
	signature, err := authority.SignArchive(content)
	if err != nil {
		t.Fatal(err)
	}
	ofOther, err := other.SignArchive(content)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		sum       [sha256.Size]byte
		signature []byte
		want      error
	}{
		"as it was signed":        {content, signature, nil},
		"another content":         {sha256.Sum256([]byte("Content")), signature, ErrArchiveAltered},
		"another authority":       {content, ofOther, ErrArchiveAltered},
		"no signature":            {content, nil, ErrArchiveAltered},
		"a signature that is cut": {content, signature[:len(signature)-1], ErrArchiveAltered},
	} {
		t.Run(name, func(t *testing.T) {
			if err := authority.VerifyArchive(c.sum, c.signature); !errors.Is(err, c.want) {
				t.Errorf("%v, not %v", err, c.want)
			}
		})
	}
}
