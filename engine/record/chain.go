package record

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"lockwire/engine"
)

// What is hashed and signed begins with a text of its own, so that nothing that is signed for another purpose passes for a link.
const (
	linkLabel      = "lockwire receipts link v1\x00"
	signatureLabel = "lockwire receipts signature v1\x00"
)

// Signer signs the chain with a key that never leaves the broker.
type Signer interface {
	// Sign gives the ECDSA signature in ASN.1 over the SHA-256 of a message.
	Sign(message []byte) ([]byte, error)
	// Public is the SubjectPublicKeyInfo in DER.
	Public() []byte
}

// LinkOf is the hash that an entry stands for in the chain:
//
//	SHA-256("lockwire receipts link v1" 0 | previous link (32 bytes) | sequence (8, big-endian) | number of the kind (1) | SHA-256(canonical document))
func LinkOf(previous engine.ChainHash, sequence uint64, kind engine.EntryKind, document []byte) (engine.ChainHash, error) {
	number := slices.Index(engine.EntryKinds, kind) + 1
	if number == 0 {
		return engine.ChainHash{}, fmt.Errorf("an entry of kind %q is not known", kind)
	}
	whole, err := Canonical(document, "chain")
	if err != nil {
		return engine.ChainHash{}, err
	}
	sum := sha256.Sum256(whole)
	text := append([]byte(linkLabel), previous[:]...)
	text = append(binary.BigEndian.AppendUint64(text, sequence), byte(number))
	return sha256.Sum256(append(text, sum[:]...)), nil
}

// signedOf is the message that is signed for a link.
func signedOf(link engine.ChainHash) []byte { return append([]byte(signatureLabel), link[:]...) }

// Chain appends to the chain within one transaction.
type Chain struct {
	tx     engine.Transaction
	signer Signer
	head   engine.ChainLink
}

// ContinueChain goes on where the chain ends; ErrNotFound where it has not begun.
func ContinueChain(ctx context.Context, tx engine.Transaction, signer Signer) (*Chain, error) {
	head, err := tx.ChainHead(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the end of the chain of receipts: %w", err)
	}
	return &Chain{tx, signer, head}, nil
}

// Append signs and adds one entry. The session is that of a receipt, whose row is written in the same transaction.
func (c *Chain) Append(kind engine.EntryKind, session engine.ID, document any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	next := engine.ChainLink{Sequence: c.head.Sequence + 1, Kind: kind, Previous: c.head.Link}
	if next.Link, err = LinkOf(next.Previous, next.Sequence, kind, text); err != nil {
		return fmt.Errorf("chain an entry: %w", err)
	}
	if next.Signature, err = c.signer.Sign(signedOf(next.Link)); err != nil {
		return fmt.Errorf("sign an entry of the chain: %w", err)
	}
	entry := engine.ChainEntry{ChainLink: next, Session: session}
	if kind != engine.EntryReceipt {
		entry.Document = text
	}
	if err := c.tx.AppendToChain(entry); err != nil {
		return err
	}
	c.head = next
	return nil
}

// Beginning is what the first entry says.
type Beginning struct {
	Installation engine.ID `json:"installation"`
	// Key is the public key that signs, a SubjectPublicKeyInfo in DER.
	Key  []byte    `json:"publicKey"`
	When time.Time `json:"when"`
	// Before tells that receipts were in the record already, which the chain took up as they were.
	Before bool `json:"before,omitempty"`
}

// Restoration is what an entry about a restore says.
type Restoration struct {
	When time.Time `json:"when"`
	// Made is when the backup was made.
	Made time.Time    `json:"made"`
	Who  engine.Actor `json:"who"`
}

// BeginChain begins the chain where it has not begun: with its first entry, and then the receipts that are there, in their order. An older
// version wrote them, or somebody has taken the chain away: the first entry says that there were any.
func BeginChain(ctx context.Context, store engine.Store, signer Signer, installation engine.ID, now time.Time) error {
	if _, err := store.ChainHead(ctx); !errors.Is(err, engine.ErrNotFound) {
		return err
	}
	return store.Write(ctx, func(tx engine.Transaction) error {
		chain := &Chain{tx: tx, signer: signer}
		older, err := tx.Receipts(ctx, engine.ReceiptQuery{Upward: true, Limit: 1})
		if err != nil {
			return err
		}
		if err := chain.Append(engine.EntryBegin, "", Beginning{installation, signer.Public(), now.UTC(), len(older) > 0}); err != nil {
			return err
		}
		query := engine.ReceiptQuery{Upward: true, Limit: 1000}
		for {
			receipts, err := tx.Receipts(ctx, query)
			if err != nil {
				return err
			}
			for i := range receipts {
				if err := chain.Append(engine.EntryReceipt, receipts[i].ID, &receipts[i]); err != nil {
					return err
				}
				query.Before = receipts[i].ID
			}
			if len(receipts) < query.Limit {
				return nil
			}
		}
	})
}

// ParseKey reads a public key that signs a chain, and gives its fingerprint.
func ParseKey(der []byte) (*ecdsa.PublicKey, engine.KeyID, error) {
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, engine.KeyID{}, fmt.Errorf("the key of the receipts cannot be read: %w", err)
	}
	key, right := parsed.(*ecdsa.PublicKey)
	if !right || key.Curve != elliptic.P256() {
		return nil, engine.KeyID{}, errors.New("the key of the receipts is not on P-256")
	}
	return key, sha256.Sum256(der), nil
}

// signed tells whether a key has signed a message.
func signed(key *ecdsa.PublicKey, message, signature []byte) bool {
	digest := sha256.Sum256(message)
	return ecdsa.VerifyASN1(key, digest[:], signature)
}
