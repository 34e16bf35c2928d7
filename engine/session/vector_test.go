package session

import (
	"bytes"
	"crypto/hpke"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"lockwire/engine"
	"lockwire/engine/secret"
)

// go test -run Vectors -args -write makes new vectors; the committed ones must only ever grow.
var writeVectors = flag.Bool("write", false, "write new test vectors")

const vectorFile = "testdata/seal.json"

// vector is one entry of testdata/seal.json, as SPEC.md describes it.
type vector struct {
	Seed         string      `json:"seed"`
	PublicKey    string      `json:"publicKey"`
	OneTimeKey   string      `json:"oneTimeKey"`
	Installation engine.ID   `json:"installation"`
	Session      engine.ID   `json:"session"`
	Component    engine.ID   `json:"component"`
	Mode         engine.Mode `json:"mode"`
	Context      string      `json:"context"`
	Exported     string      `json:"exported"`
	Sealed       string      `json:"sealed"`
	Key          string      `json:"key"`
}

func (v *vector) binding() Binding { return Binding{v.Installation, v.Session, v.Mode} }

func TestVectorsOfTheSpecification(t *testing.T) {
	if *writeVectors {
		makeVectors(t)
	}
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 2 {
		t.Fatalf("%d vectors", len(vectors))
	}
	for i, v := range vectors {
		if v.PublicKey == "" || v.Exported == "" {
			t.Fatalf("vector %d is not whole", i)
		}
		seed, err := secret.FromBytes(unhex(t, v.Seed))
		if err != nil {
			t.Fatal(err)
		}
		public, err := publicOf(seed)
		if err != nil || hex.EncodeToString(public) != v.PublicKey {
			t.Errorf("vector %d: another public key: %v", i, err)
		}
		if id := oneTimeID(public); id.String() != v.OneTimeKey {
			t.Errorf("vector %d: one-time key %s, want %s", i, id, v.OneTimeKey)
		}
		context, err := sealingContext(v.binding(), v.Component)
		if err != nil || hex.EncodeToString(context) != v.Context {
			t.Errorf("vector %d: context %x, want %s (%v)", i, context, v.Context, err)
		}
		sealed := unhex(t, v.Sealed)
		if exported := exportOf(t, unhex(t, v.Seed), sealed, context); hex.EncodeToString(exported) != v.Exported {
			t.Errorf("vector %d: exported %x, want %s", i, exported, v.Exported)
		}
		key, err := open(seed, sealed, v.binding(), v.Component)
		if err != nil {
			t.Errorf("vector %d: %v", i, err)
			continue
		}
		if err := key.Use(func(k []byte) {
			if !bytes.Equal(k, unhex(t, v.Key)) {
				t.Errorf("vector %d: another key", i)
			}
		}); err != nil {
			t.Error(err)
		}
		key.Destroy()
		seed.Destroy()
	}
}

func exportOf(t *testing.T, seed, sealed, context []byte) []byte {
	t.Helper()
	private, err := kem().NewPrivateKey(seed)
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := hpke.NewRecipient(sealed[1:1+encapsulatedSize], private, hpke.HKDFSHA256(), hpke.ExportOnly(), context)
	if err != nil {
		t.Fatal(err)
	}
	exported, err := recipient.Export(exportLabel, 32)
	if err != nil {
		t.Fatal(err)
	}
	return exported
}

func makeVectors(t *testing.T) {
	t.Helper()
	var vectors []vector
	for i, mode := range []engine.Mode{engine.Sealed, engine.Plain} {
		seedBytes, keyBytes := make([]byte, secret.Size), make([]byte, secret.Size)
		for j := range seedBytes {
			seedBytes[j], keyBytes[j] = byte(i<<6|j), byte(0xff-j-i<<6)
		}
		v := vector{Seed: hex.EncodeToString(seedBytes), Key: hex.EncodeToString(keyBytes), Installation: engine.NewID(), Session: engine.NewID(), Component: engine.NewID(), Mode: mode}
		seed, err := secret.FromBytes(bytes.Clone(seedBytes))
		if err != nil {
			t.Fatal(err)
		}
		key, err := secret.FromBytes(bytes.Clone(keyBytes))
		if err != nil {
			t.Fatal(err)
		}
		public, err := publicOf(seed)
		if err != nil {
			t.Fatal(err)
		}
		oneTime, err := ParseOneTimePublic(public)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := seal(key, oneTime, v.binding(), v.Component)
		if err != nil {
			t.Fatal(err)
		}
		context, err := sealingContext(v.binding(), v.Component)
		if err != nil {
			t.Fatal(err)
		}
		v.PublicKey, v.OneTimeKey = hex.EncodeToString(public), oneTime.ID.String()
		v.Context, v.Sealed = hex.EncodeToString(context), hex.EncodeToString(sealed.Bytes)
		v.Exported = hex.EncodeToString(exportOf(t, seedBytes, sealed.Bytes, context))
		vectors = append(vectors, v)
		seed.Destroy()
		key.Destroy()
	}
	text, err := json.MarshalIndent(vectors, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
