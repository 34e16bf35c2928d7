package channel

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/fips140"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

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
	Installation   hexBytes        `json:"installation"`
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
	Chain0         hexBytes        `json:"chain0"`
	Door           hexBytes        `json:"door"`
	ChainID        hexBytes        `json:"chainID"`
	Joins          []vectorJoin    `json:"joins"`
	// Flow is what the channels of the vector carry together, where they are streams of one flow.
	Flow *vectorFlow `json:"flow,omitempty"`
}

type vectorFlow struct {
	ToTarget hexBytes `json:"sourceToTarget"`
	ToSource hexBytes `json:"targetToSource"`
}

// vectorJoin is a channel that joins by the chain of the vector's handshake.
type vectorJoin struct {
	Number       uint64          `json:"number"`
	Open         hexBytes        `json:"open"`
	SourceRandom hexBytes        `json:"sourceRandom"`
	Link         hexBytes        `json:"link"`
	Flow         hexBytes        `json:"flow"`
	OpenKey      hexBytes        `json:"openKey"`
	Flight       hexBytes        `json:"flight"`
	Random       hexBytes        `json:"random"`
	Answer       hexBytes        `json:"answer"`
	ToTarget     vectorDirection `json:"sourceToTarget"`
	ToSource     vectorDirection `json:"targetToSource"`
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

// idOf is a UUID of version 7 that counts up from first.
func idOf(first int) []byte {
	b := sequenceOf(first, 16)
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	return b
}

// termsVector is a vector with its terms and keys only.
func termsVector(name string, mode, cipher byte) vector {
	return vector{
		Name: name, K: sequenceOf(0, 32), EKM: sequenceOf(0x20, 32), Installation: idOf(0x30), Session: idOf(0x40), Route: idOf(0x50), Mode: mode, Cipher: cipher,
		Source: sequenceOf(0x60, 32), Target: sequenceOf(0x80, 32),
	}
}

// streamsVector is a flow over three streams, of which the second is lost before it is acknowledged: its part goes over the third again.
func streamsVector(name string, cipher byte) vector {
	const streams = 5
	number := func(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }
	open := func(stream byte) []byte {
		return append(append(number(7), 0, stream, 0, streams), idOf(0xe0)...)
	}
	data := func(offset int, text string) vectorRecord {
		return vectorRecord{Type: 0x43, Plaintext: append(number(offset), text...)}
	}
	end := func(length int) vectorRecord { return vectorRecord{Type: 0x44, Plaintext: number(length)} }
	ack := func(offset int, window uint32, waits byte) vectorRecord {
		return vectorRecord{Type: 0x49, Plaintext: append(binary.BigEndian.AppendUint32(number(offset), window), waits)}
	}
	const smallest, larger = 128 << 10, 512 << 10 // windows
	rekey, more := vectorRecord{Type: 0x45}, vectorRecord{Type: 0x4a}
	first, second, third, back := "the first part of a flow, ", "its second part, which is lost once, ", "and its third", "two bytes fewer than this"
	length, lost := len(first)+len(second)+len(third), len(first)

	v := termsVector(name, 1, cipher)
	v.Flow = &vectorFlow{ToTarget: []byte(first + second + third), ToSource: []byte(back)}
	v.ToTarget.Records = []vectorRecord{{Type: 0x40, Plaintext: open(0)}, data(0, first), rekey, data(lost+len(second), third), end(length), ack(len(back), smallest, 0)}
	v.ToSource.Records = []vectorRecord{{Type: 0x41}, more, ack(lost, smallest, 1), data(0, back[:9]), end(len(back)), ack(length, larger, 1)}
	join := func(n uint64, stream byte, toTarget, toSource []vectorRecord) vectorJoin {
		j := vectorJoin{Number: n, Open: open(stream), SourceRandom: sequenceOf(0x11*int(n+1), 32), Random: sequenceOf(0x11*int(n+1)+32, 32)}
		j.ToTarget.Records, j.ToSource.Records = toTarget, append([]vectorRecord{{Type: 0x41}}, toSource...)
		return j
	}
	v.Joins = []vectorJoin{
		join(0, 1, []vectorRecord{data(lost, second)}, nil),
		join(1, 2, []vectorRecord{data(lost, second), end(length), ack(len(back), smallest, 0)}, []vectorRecord{data(9, back[9:]), rekey, end(len(back)), ack(length, larger, 0)}),
	}
	return v
}

// vectorInputs are the channels of the vectors without what follows from them.
func vectorInputs() []vector {
	open := append(append(binary.BigEndian.AppendUint64(nil, 7), 0, 0, 0, 1), idOf(0xe0)...)
	make := func(name string, mode, cipher byte, sealed bool) vector {
		v := termsVector(name, mode, cipher)
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
		join := func(number uint64, first int, more ...byte) vectorJoin {
			j := vectorJoin{Number: number, Open: append(bytes.Clone(open), more...), SourceRandom: sequenceOf(first, 32), Random: sequenceOf(first+32, 32)}
			j.Open[7] += byte(number) + 1 // the flow number
			j.ToTarget.Records = []vectorRecord{{Type: 0x46}}
			j.ToSource.Records = []vectorRecord{{Type: 0x41}}
			if sealed {
				j.ToTarget.Records = append(j.ToTarget.Records, vectorRecord{Type: 0x43, Plaintext: []byte("of a later connection")}, vectorRecord{Type: 0x44})
				j.ToSource.Records = append(j.ToSource.Records, vectorRecord{Type: 0x45}, vectorRecord{Type: 0x44})
			}
			return j
		}
		via := append([]byte{0, 1, 0, 16}, idOf(0xd0)...)
		v.Joins = []vectorJoin{join(0, 0x11), join(1, 0x22, via...), join(300, 0x33)} // the numbers between were skipped
		v.Joins[1].ToTarget.Records = nil
		v.Joins[1].ToSource.Records = []vectorRecord{{Type: 0x42, Plaintext: []byte{3}}}
		return v
	}
	// Both ends keep the connection, over which then the joins come.
	kept := make("kept connection", 1, 1, true)
	keep := []byte{0, 2, 0, 0}
	kept.ToTarget.Records[0].Plaintext, kept.ToSource.Records[0].Plaintext = append(bytes.Clone(open), keep...), keep
	for i := range kept.Joins {
		j := &kept.Joins[i]
		j.Open = append(j.Open[:len(open):len(open)], append(keep, j.Open[len(open):]...)...)
		if j.ToSource.Records[0].Type == 0x41 {
			j.ToSource.Records[0].Plaintext = keep
		}
	}
	refused := make("refused", 1, 1, false)
	refused.ToSource.Records = []vectorRecord{{Type: 0x42, Plaintext: append([]byte{1}, "connection refused"...)}}
	return []vector{
		make("sealed with AES-256-GCM", 1, 1, true),
		make("sealed with ChaCha20-Poly1305", 1, 2, true),
		make("plain", 2, 1, false),
		refused,
		kept,
		streamsVector("streams with AES-256-GCM", 1),
		streamsVector("streams with ChaCha20-Poly1305", 2),
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
	for _, field := range [][]byte{[]byte("lockwire/1"), v.Installation, v.Session, v.Route, {v.Mode}, {v.Cipher}, v.Source, v.Target} {
		v.ContextMessage = append(v.ContextMessage, byte(len(field)>>8), byte(len(field)))
		v.ContextMessage = append(v.ContextMessage, field...)
	}
	digest := sha256.Sum256(v.ContextMessage)
	v.Context = digest[:]
	v.PRK = must(hkdf.Extract(sha256.New, v.EKM, v.K))

	v.deriveDirections(t, v.PRK, "lockwire-data-1 ", "", &v.ToTarget, &v.ToSource)
	v.Chain0 = must(hkdf.Expand(sha256.New, v.PRK, "lockwire-data-1 chain 0", 32))
	v.Door = must(hkdf.Expand(sha256.New, v.PRK, "lockwire-data-1 door", 32))
	v.ChainID = must(hkdf.Expand(sha256.New, v.PRK, "lockwire-data-1 chain id", 16))
	link, n := v.Chain0, uint64(0)
	for i := range v.Joins {
		j := &v.Joins[i]
		for ; n < j.Number; n++ {
			link = must(hkdf.Expand(sha256.New, link, "lockwire-data-1 chain next", 32))
		}
		j.Link = link
		j.Flow = must(hkdf.Expand(sha256.New, link, "lockwire-data-1 flow", 32))
		length := len(j.Open)
		head := append([]byte{0x47, byte(length >> 16), byte(length >> 8), byte(length)}, v.Session...)
		head = binary.BigEndian.AppendUint64(append(head, v.ChainID...), j.Number)
		head = append(head, j.SourceRandom...)
		digest := sha256.Sum256(head)
		j.OpenKey = must(hkdf.Expand(sha256.New, j.Flow, "lockwire-data-1 join open"+string(digest[:]), 32))
		nonce := make([]byte, 12)
		if v.Cipher == 1 {
			nonce = sequenceOf(0xc0, 12) // stands for a random one
		}
		flight := v.aead(t, j.OpenKey).Seal(append(bytes.Clone(head), nonce...), nonce, j.Open, head)
		mac := hmac.New(sha256.New, v.Door)
		mac.Write(flight)
		j.Flight = append(flight, mac.Sum(nil)[:16]...)
		h := sha256.Sum256(j.Flight)
		v.deriveDirections(t, j.Flow, "lockwire-data-1 join ", string(h[:])+string(j.Random), &j.ToTarget, &j.ToSource)
		j.Answer = append(append([]byte{0x48}, j.Random...), j.ToSource.Records[0].Record...)
	}
}

// aead is the vector's cipher under a key.
func (v *vector) aead(t *testing.T, key []byte) cipher.AEAD {
	var aead cipher.AEAD
	var err error
	if v.Cipher == 1 {
		block, _ := aes.NewCipher(key)
		aead, err = cipher.NewGCM(block)
	} else {
		aead, err = chacha20poly1305.New(key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return aead
}

// deriveDirections computes secrets, keys and records of both directions. label stands before the direction's words, and suffix behind.
func (v *vector) deriveDirections(t *testing.T, from []byte, label, suffix string, toTarget, toSource *vectorDirection) {
	must := func(b []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for words, d := range map[string]*vectorDirection{"source to target": toTarget, "target to source": toSource} {
		d.Secrets = []hexBytes{must(hkdf.Expand(sha256.New, from, label+words+suffix, 32))}
		d.Keys = []hexBytes{must(hkdf.Expand(sha256.New, d.Secrets[0], "lockwire-data-1 key", 32))}
		for sequence := range d.Records {
			r := &d.Records[sequence]
			n := len(r.Plaintext)
			header := []byte{r.Type, byte(n >> 16), byte(n >> 8), byte(n)}
			aad := binary.BigEndian.AppendUint64(bytes.Clone(header), uint64(sequence))
			nonce := binary.BigEndian.AppendUint64(make([]byte, 4), uint64(sequence))
			if v.Cipher == 1 {
				nonce = sequenceOf(0xa0+sequence, 12) // stands for a random one
			}
			r.Record = v.aead(t, d.Keys[len(d.Keys)-1]).Seal(append(header, nonce...), nonce, r.Plaintext, aad)
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
				Installation: engine.IDFromBytes([16]byte(v.Installation)), Session: engine.IDFromBytes([16]byte(v.Session)), Route: engine.IDFromBytes([16]byte(v.Route)),
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
			keys, err := deriveKeys(terms, k, "", func(label string, context []byte, length int) ([]byte, error) {
				if label != "EXPORTER-lockwire-data-1" || !bytes.Equal(context, v.Context) || length != 32 {
					t.Errorf("exporter asked with %q, %x, %d; want context %x", label, context, length, v.Context)
				}
				return bytes.Clone(v.EKM), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			defer keys.chain.wipe()
			if keys.chain.id != chainID(v.ChainID) {
				t.Errorf("chain id %x, want %x", keys.chain.id, v.ChainID)
			}
			ofStreams := v.Flow != nil
			checkVectorJoins(t, terms, keys.chain, v.Joins, ofStreams)
			checkVectorDirection(t, terms.Cipher, keys.toTarget, v.ToTarget, ofStreams)
			checkVectorDirection(t, terms.Cipher, keys.toSource, v.ToSource, ofStreams)
		})
	}
}

// checkVectorJoins delivers the vectors' flights to a target that holds the chain, with the vectors' random bytes, and lets a source
// take the same numbers.
func checkVectorJoins(t *testing.T, terms Terms, c *chain, joins []vectorJoin, ofStreams bool) {
	t.Helper()
	for _, j := range joins {
		f, err := readFlight(nil, j.Flight)
		if err != nil {
			t.Fatalf("join %d: %v", j.Number, err)
		}
		if f.session() != terms.Session || f.chain() != c.id || f.number() != j.Number || !f.knocks(c.door) || !c.admits(j.Number) {
			t.Errorf("join %d is read as session %v, chain %x, number %d, or its MAC does not fit", j.Number, f.session(), f.chain(), f.number())
		}
		err = c.use(j.Number, time.Now(), func(flow []byte) error {
			if !bytes.Equal(flow, j.Flow) {
				t.Errorf("join %d: the flow's key is another one", j.Number)
			}
			open, err := f.openOnce(terms.Cipher, flow, make([]byte, 0, maximumOpen))
			if err != nil || !bytes.Equal(open, j.Open) {
				t.Errorf("join %d opened: %x, %v; want %x", j.Number, open, err, j.Open)
			}
			key, err := secret.FromBytes(bytes.Clone(flow))
			if err != nil {
				return err
			}
			defer key.Destroy()
			again, err := f[:flightHead:flightHead].seal(terms.Cipher, c.door, key, j.Open)
			if err != nil || len(again) != len(f) || terms.Cipher == engine.ChaCha20Poly1305 && !bytes.Equal(again, f) {
				t.Errorf("join %d sealed: %x, %v; want %x", j.Number, again, err, j.Flight)
			}
			keys, err := reserveDirections()
			if err != nil {
				return err
			}
			if err := keys.fill(f, flow, j.Random); err != nil {
				return err
			}
			checkVectorDirection(t, terms.Cipher, keys.toTarget, j.ToTarget, ofStreams)
			checkVectorDirection(t, terms.Cipher, keys.toSource, j.ToSource, ofStreams)
			return nil
		})
		if err != nil {
			t.Errorf("join %d: %v", j.Number, err)
		}
		if want := append([]byte{byte(typeAnswer)}, j.Random...); !bytes.HasPrefix(j.Answer, want) || !bytes.Equal(j.Answer[len(want):], j.ToSource.Records[0].Record) {
			t.Errorf("join %d: the answer is %x", j.Number, j.Answer)
		}
	}
}

// checkVectorDirection seals and opens a direction's records. All but the opening's are those of a stream where the channel is one.
func checkVectorDirection(t *testing.T, c engine.Cipher, first *secret.Key, want vectorDirection, ofStream bool) {
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
	sizes := DefaultSizes()
	for i, r := range want.Records {
		if kind := recordType(r.Type); kind != typeOpen && kind != typeOpened && kind != typeRefused {
			sizes.ofStream = ofStream
		}
		s.d.sizes, o.d.sizes = sizes, sizes
		kind, n, err := parseHeader(r.Record, sizes)
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
