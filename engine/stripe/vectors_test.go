package stripe

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"testing"

	"lockwire/engine/channel"
)

// vectorOfStreams is what a flow needs of the channel's vectors.
type vectorOfStreams struct {
	Name string `json:"name"`
	Flow *struct {
		ToTarget string `json:"sourceToTarget"`
		ToSource string `json:"targetToSource"`
	} `json:"flow"`
	vectorStream
	Joins []vectorStream `json:"joins"`
}

type vectorStream struct {
	ToTarget vectorRecords `json:"sourceToTarget"`
	ToSource vectorRecords `json:"targetToSource"`
}

type vectorRecords struct {
	Records []struct {
		Type      byte   `json:"type"`
		Plaintext string `json:"plaintext"`
	} `json:"records"`
}

// play sends a direction's records over a channel, but for those that the other direction brings about.
func (v vectorRecords) play(t *testing.T, over *fakeChannel) {
	t.Helper()
	kinds := map[byte]channel.Kind{0x43: channel.KindData, 0x44: channel.KindEnd}
	for _, r := range v.Records {
		kind, ok := kinds[r.Type]
		if !ok {
			continue
		}
		plaintext, err := hex.DecodeString(r.Plaintext)
		if err != nil {
			t.Fatal(err)
		}
		if err := over.SendRecord(kind, plaintext); err != nil {
			t.Fatal(err)
		}
	}
}

// The records of the channel's vectors are one flow: whole in each direction, although its second stream is lost.
func TestFlowPutsTheStreamsOfTheVectorsTogether(t *testing.T) {
	text, err := os.ReadFile("../channel/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vectorOfStreams
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, v := range vectors {
		if v.Flow == nil {
			continue
		}
		for name, way := range map[string]struct {
			whole string
			of    func(vectorStream) vectorRecords
		}{
			"source to target": {v.Flow.ToTarget, func(s vectorStream) vectorRecords { return s.ToTarget }},
			"target to source": {v.Flow.ToSource, func(s vectorStream) vectorRecords { return s.ToSource }},
		} {
			t.Run(v.Name+", "+name, func(t *testing.T) {
				want, err := hex.DecodeString(way.whole)
				if err != nil {
					t.Fatal(err)
				}
				first, peer := newFakes()
				f := New(first, Options{Most: len(v.Joins) + 1})
				defer f.Wait()
				defer f.Reset()
				way.of(v.vectorStream).play(t, peer)
				for i, join := range v.Joins {
					joins, peer := newFakes()
					if _, err := f.Admit(uint16(i+1), func() (Channel, error) { return joins, nil }); err != nil {
						t.Fatal(err)
					}
					if i == 0 {
						peer.lost = len(way.of(join).Records)
						peer.Reset()
						continue
					}
					way.of(join).play(t, peer)
				}
				if got, err := readAll(f); err != nil || string(got) != string(want) {
					t.Errorf("handed on: %q, %v; want %q", got, err, want)
				}
			})
			played++
		}
	}
	if played == 0 {
		t.Error("the vectors have no flow of several streams")
	}
}

func readAll(f *Flow) (got []byte, err error) {
	buffer := make([]byte, 1000)
	for {
		if err := f.WaitReadable(); err != nil {
			return got, err
		}
		n, err := f.Read(buffer)
		got = append(got, buffer[:n]...)
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
	}
}
