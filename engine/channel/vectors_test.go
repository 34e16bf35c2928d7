package channel

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/fips140"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"lockwire/engine"
	"lockwire/engine/channel/admission"
	"lockwire/engine/secret"
)

var updateVectors = flag.Bool("update-vectors", false, "write testdata/vectors.json anew")

const vectorsFile = "testdata/vectors.json"

// hexBytes is a byte string in the vectors.
type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }
func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// vector is one channel of the vectors.
type vector struct {
	Name           string          `json:"name"`
	K              hexBytes        `json:"k"`
	EKM            hexBytes        `json:"ekm"`
	Session        hexBytes        `json:"session"`
	ServerName     string          `json:"serverName"`
	Route          hexBytes        `json:"route"`
	Mode           byte            `json:"mode"`
	Cipher         byte            `json:"cipher"`
	Source         hexBytes        `json:"sourceKeyID"`
	Target         hexBytes        `json:"targetKeyID"`
	ContextMessage hexBytes        `json:"contextMessage"`
	Context        hexBytes        `json:"context"`
	PRK            hexBytes        `json:"prk"`
	ToTarget       vectorDirection `json:"sourceToTarget"`
	ToSource       vectorDirection `json:"targetToSource"`
}

type vectorDirection struct {
	Secrets []hexBytes     `json:"secrets"`
	Keys    []hexBytes     `json:"keys"`
	Records []vectorRecord `json:"records"`
}

type vectorRecord struct {
	Type      byte     `json:"type"`
	Plaintext hexBytes `json:"plaintext"`
	Record    hexBytes `json:"record"`
}

// sequenceOf gives n bytes that count up from first.
func sequenceOf(first, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(first + i)
	}
	return b
}

// vectorInputs are the channels of the vectors without what follows from them.
func vectorInputs() []vector {
	id := func(first int) []byte {
		b := sequenceOf(first, 16)
		b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
		return b
	}
	open := append(append(binary.BigEndian.AppendUint64(nil, 7), 0, 0, 0, 1), id(0xe0)...)
	make := func(name string, mode, cipher byte, sealed bool) vector {
		v := vector{
			Name: name, K: sequenceOf(0, 32), EKM: sequenceOf(0x20, 32), Session: id(0x40), Route: id(0x50), Mode: mode, Cipher: cipher,
			Source: sequenceOf(0x60, 32), Target: sequenceOf(0x80, 32),
		}
		v.ToTarget.Records = []vectorRecord{{Type: 0x40, Plaintext: open}}
		v.ToSource.Records = []vectorRecord{{Type: 0x41}}
		if sealed {
			v.ToTarget.Records = append(v.ToTarget.Records,
				vectorRecord{Type: 0x43, Plaintext: []byte("the first bytes of a backup")},
				vectorRecord{Type: 0x46},
				vectorRecord{Type: 0x45},
				vectorRecord{Type: 0x43, Plaintext: sequenceOf(0, 300)},
				vectorRecord{Type: 0x44})
			v.ToSource.Records = append(v.ToSource.Records,
				vectorRecord{Type: 0x45}, vectorRecord{Type: 0x45},
				vectorRecord{Type: 0x43, Plaintext: []byte("ok")}, vectorRecord{Type: 0x44})
		}
		return v
	}
	refused := make("refused", 1, 1, false)
	refused.ToSource.Records = []vectorRecord{{Type: 0x42, Plaintext: append([]byte{1}, "connection refused"...)}}
	return []vector{
		make("sealed with AES-256-GCM", 1, 1, true),
		make("sealed with ChaCha20-Poly1305", 1, 2, true),
		make("plain", 2, 1, false),
		refused,
	}
}

// derive computes everything else of a vector from its inputs, from the words of SPEC.md alone: it uses nothing of the
// package, so that a mistake in the package cannot hide in it.
func (v *vector) derive(t *testing.T) {
	must := func(b []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	v.ServerName = hex.EncodeToString(v.Session)
	v.ContextMessage = nil
	for _, field := range [][]byte{[]byte("lockwire/1"), v.Session, v.Route, {v.Mode}, {v.Cipher}, v.Source, v.Target} {
		v.ContextMessage = append(v.ContextMessage, byte(len(field)>>8), byte(len(field)))
		v.ContextMessage = append(v.ContextMessage, field...)
	}
	digest := sha256.Sum256(v.ContextMessage)
	v.Context = digest[:]
	v.PRK = must(hkdf.Extract(sha256.New, v.EKM, v.K))

	for label, d := range map[string]*vectorDirection{
		"lockwire-data-1 source to target": &v.ToTarget,
		"lockwire-data-1 target to source": &v.ToSource,
	} {
		d.Secrets = []hexBytes{must(hkdf.Expand(sha256.New, v.PRK, label, 32))}
		d.Keys = []hexBytes{must(hkdf.Expand(sha256.New, d.Secrets[0], "lockwire-data-1 key", 32))}
		for sequence := range d.Records {
			r := &d.Records[sequence]
			n := len(r.Plaintext)
			header := []byte{r.Type, byte(n >> 16), byte(n >> 8), byte(n)}
			aad := binary.BigEndian.AppendUint64(bytes.Clone(header), uint64(sequence))
			nonce := binary.BigEndian.AppendUint64(make([]byte, 4), uint64(sequence))
			var aead cipher.AEAD
			var err error
			key := d.Keys[len(d.Keys)-1]
			if v.Cipher == 1 {
				nonce = sequenceOf(0xa0+sequence, 12) // stands for a random one
				block, _ := aes.NewCipher(key)
				aead, err = cipher.NewGCM(block)
			} else {
				aead, err = chacha20poly1305.New(key)
			}
			if err != nil {
				t.Fatal(err)
			}
			r.Record = aead.Seal(append(header, nonce...), nonce, r.Plaintext, aad)
			if r.Type == 0x45 {
				next := must(hkdf.Expand(sha256.New, d.Secrets[len(d.Secrets)-1], "lockwire-data-1 next", 32))
				d.Secrets = append(d.Secrets, next)
				d.Keys = append(d.Keys, must(hkdf.Expand(sha256.New, next, "lockwire-data-1 key", 32)))
			}
		}
	}
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestVectorsFollowFromTheWordsOfTheSpecification(t *testing.T) {
	if fips140.Enforced() {
		t.Skip("strict FIPS 140 mode has no GCM with a given nonce, which the recomputation needs")
	}
	vectors := vectorInputs()
	for i := range vectors {
		vectors[i].derive(t)
	}
	text, err := json.MarshalIndent(vectors, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *updateVectors {
		if err := os.WriteFile(vectorsFile, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, stored) {
		t.Errorf("%s differs from what SPEC.md says", vectorsFile)
	}
}

func TestChannelAgreesWithTheVectors(t *testing.T) {
	for _, v := range readVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			if v.Cipher == byte(engine.ChaCha20Poly1305) && fips140.Enforced() {
				t.Skip("no ChaCha20-Poly1305 in strict FIPS 140 mode")
			}
			terms := Terms{
				Session: engine.IDFromBytes([16]byte(v.Session)), Route: engine.IDFromBytes([16]byte(v.Route)),
				Mode: engine.Mode(v.Mode), Cipher: engine.Cipher(v.Cipher),
				Source: engine.KeyID(v.Source), Target: engine.KeyID(v.Target),
			}
			if name, err := admission.ServerName(terms.Session); err != nil || name != v.ServerName {
				t.Errorf("server name %q, %v; want %q", name, err, v.ServerName)
			}
			k, err := secret.FromBytes(bytes.Clone(v.K))
			if err != nil {
				t.Fatal(err)
			}
			defer k.Destroy()
			toTarget, toSource, err := deriveSecrets(terms, k, func(label string, context []byte, length int) ([]byte, error) {
				if label != "EXPORTER-lockwire-data-1" || !bytes.Equal(context, v.Context) || length != 32 {
					t.Errorf("exporter asked with %q, %x, %d; want context %x", label, context, length, v.Context)
				}
				return bytes.Clone(v.EKM), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			checkVectorDirection(t, terms.Cipher, toTarget, v.ToTarget)
			checkVectorDirection(t, terms.Cipher, toSource, v.ToSource)
		})
	}
}

func checkVectorDirection(t *testing.T, c engine.Cipher, first *secret.Key, want vectorDirection) {
	t.Helper()
	second, err := first.Clone()
	if err != nil {
		t.Fatal(err)
	}
	var s sealer
	var o opener
	for d, key := range map[*direction]*secret.Key{&s.d: second, &o.d: first} {
		if err := d.start(c, DefaultSizes(), key); err != nil {
			t.Fatal(err)
		}
	}
	defer s.wipe()
	defer o.wipe()
	for i, r := range want.Records {
		kind, n, err := parseHeader(r.Record, DefaultSizes())
		if err != nil || kind != recordType(r.Type) || n != len(r.Plaintext) {
			t.Fatalf("record %d: header says type %#x, %d bytes, %v", i, kind, n, err)
		}
		got, err := o.open(make([]byte, n), r.Record)
		if err != nil || !bytes.Equal(got, r.Plaintext) {
			t.Fatalf("record %d opened: %x, %v; want %x", i, got, err, r.Plaintext)
		}
		sealed, err := s.seal(make([]byte, n+overhead), recordType(r.Type), r.Plaintext)
		if err != nil || len(sealed) != len(r.Record) || !bytes.Equal(sealed[:headerSize], r.Record[:headerSize]) {
			t.Fatalf("record %d sealed: %x, %v", i, sealed, err)
		}
		if c == engine.ChaCha20Poly1305 && !bytes.Equal(sealed, r.Record) {
			t.Errorf("record %d sealed: %x, want %x", i, sealed, r.Record)
		}
	}
}
