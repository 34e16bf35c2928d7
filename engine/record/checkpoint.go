package record

import (
	"crypto/ecdsa"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lockwire/engine"
)

// A checkpoint is one line of text with a space between its parts:
//
//	lockwire-checkpoint 1 INSTALLATION SEQUENCE LINK TIME KEY SIGNATURE
//
// Link and key are hexadecimal, the time is RFC 3339 in UTC, the signature base64. What is signed is "lockwire receipts checkpoint v1", a zero
// byte, and the line up to the space before the signature.
const (
	checkpointWord  = "lockwire-checkpoint"
	checkpointLabel = "lockwire receipts checkpoint v1\x00"
	maximumLine     = 1024
)

// Anchor is what a checkpoint says: how far the chain went at a moment.
type Anchor struct {
	Installation engine.ID
	Sequence     uint64
	Link         engine.ChainHash
	When         time.Time
	Key          engine.KeyID

	said      string
	signature []byte
}

// SignCheckpoint states where a chain ends.
func SignCheckpoint(signer Signer, installation engine.ID, head engine.ChainLink, now time.Time) (engine.Checkpoint, error) {
	_, key, err := ParseKey(signer.Public())
	if err != nil {
		return engine.Checkpoint{}, err
	}
	said := fmt.Sprintf("%s 1 %s %d %s %s %s", checkpointWord, installation, head.Sequence, head.Link, now.UTC().Format(time.RFC3339), key)
	signature, err := signer.Sign([]byte(checkpointLabel + said))
	if err != nil {
		return engine.Checkpoint{}, fmt.Errorf("sign a checkpoint: %w", err)
	}
	return engine.Checkpoint{Line: said + " " + base64.StdEncoding.EncodeToString(signature), Key: signer.Public()}, nil
}

// ParseCheckpoint reads the checkpoint in a line, in front of which other words may stand, as a log has them. Nothing of it is proven before
// SignedBy.
func ParseCheckpoint(line string) (a Anchor, err error) {
	at := strings.Index(line, checkpointWord+" ")
	if at < 0 || len(line)-at > maximumLine {
		return a, errors.New("this is not a checkpoint; lockwired receipts checkpoint prints one")
	}
	line = strings.TrimRight(line[at:], "\"\r\n ")
	fields := strings.Split(line, " ")
	if len(fields) != 8 {
		return a, fmt.Errorf("a checkpoint has 8 words, this line has %d", len(fields))
	}
	if fields[1] != "1" {
		return a, fmt.Errorf("a checkpoint of version %q: %w", fields[1], engine.ErrNewerData)
	}
	if a.Installation, err = engine.ParseID(fields[2]); err != nil {
		return a, fmt.Errorf("the checkpoint's installation: %w", err)
	}
	if a.Sequence, err = strconv.ParseUint(fields[3], 10, 63); err != nil {
		return a, errors.New("the checkpoint's number of entries is none")
	}
	if err = a.Link.UnmarshalText([]byte(fields[4])); err != nil {
		return a, fmt.Errorf("the checkpoint's link: %w", err)
	}
	if a.When, err = time.Parse(time.RFC3339, fields[5]); err != nil {
		return a, fmt.Errorf("the checkpoint's time: %w", err)
	}
	if err = a.Key.UnmarshalText([]byte(fields[6])); err != nil {
		return a, fmt.Errorf("the checkpoint's key: %w", err)
	}
	if a.signature, err = base64.StdEncoding.DecodeString(fields[7]); err != nil {
		return a, fmt.Errorf("the checkpoint's signature: %w", err)
	}
	a.said = strings.Join(fields[:7], " ")
	return a, nil
}

// SignedBy tells whether a key has signed the checkpoint.
func (a *Anchor) SignedBy(key *ecdsa.PublicKey) bool {
	return signed(key, []byte(checkpointLabel+a.said), a.signature)
}
