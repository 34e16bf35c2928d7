package identity

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"lockwire/engine"
)

// pastedVector is a text and what it holds, in testdata/pasted.json: other implementations are tested with it.
type pastedVector struct {
	Kind, Text string
	Secret     string // hexadecimal
	Pin        engine.KeyID
	// Installation is a link's.
	Installation engine.ID `json:",omitempty"`
	Addresses    []string
}

func TestTokensAndLinksAreReadAsTheVectorsSay(t *testing.T) {
	file, err := os.ReadFile("testdata/pasted.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []pastedVector
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, v := range vectors {
		kinds[v.Kind]++
		got := pastedVector{Kind: v.Kind}
		switch v.Kind {
		case "token":
			token, err := ParseToken(v.Text)
			if err != nil {
				t.Fatal(err)
			}
			got.Text, got.Secret, got.Pin, got.Addresses = token.Reveal(), hex.EncodeToString(token.Secret()), token.Pin(), token.Brokers()
		case "link":
			link, err := ParseLink(v.Text)
			if err != nil {
				t.Fatal(err)
			}
			got.Text, got.Secret, got.Pin, got.Installation, got.Addresses = link.Reveal(), hex.EncodeToString(link.Secret()), link.Pin(), link.Installation(), link.Gateways()
		}
		if got.Text != v.Text || got.Secret != v.Secret || got.Pin != v.Pin || got.Installation != v.Installation || !slices.Equal(got.Addresses, v.Addresses) {
			t.Errorf("%+v, want %+v", got, v)
		}
	}
	if kinds["token"] == 0 || kinds["link"] == 0 {
		t.Errorf("vectors: %v", kinds)
	}
}
