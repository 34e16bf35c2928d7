package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

func newToken(t testing.TB, brokers ...string) Token {
	t.Helper()
	if len(brokers) == 0 {
		brokers = []string{"broker.example.com:6170"}
	}
	token, err := NewToken(engine.KeyID{1, 2, 3}, brokers)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestATokenSurvivesCopying(t *testing.T) {
	for _, brokers := range [][]string{
		{"broker.example.com:6170"}, {"10.0.0.1:6170", "[2001:db8::1]:6170", "[fe80::1%eth0]:1"},
		{"a:1", "b:2", "c:3", "d:4", "e:5", "f:6", "g:7", "h:65535"}, {strings.Repeat("a", 253) + ":65535"},
	} {
		token := newToken(t, brokers...)
		text := token.Reveal()
		for name, pasted := range map[string]string{
			"as it is": text, "in capitals": strings.ToUpper(text), "with a line end": text + "\r\n",
			"broken over lines": text[:20] + "\n  " + text[20:40] + "\n\t" + text[40:], "with hyphens": text[:8] + "-" + text[8:],
			"quoted by a mail program":        "> " + text[:30] + "\r\n> > " + text[30:] + "\r\n",
			"with soft line ends":             text[:30] + "=\r\n" + text[30:],
			"with spaces that do not break":   "\u00a0" + text[:30] + "\u202f\u2003\u3000" + text[30:],
			"with characters of no width":     "\ufeff" + text[:30] + "\u200b\u2060\u00ad\u200d" + text[30:] + "\u200e",
			"with line ends of all kinds":     text[:30] + "\u2028" + text[30:60] + "\u0085\v\f" + text[60:],
			"with dashes of a word processor": text[:8] + "\u2011" + text[8:16] + "\u2013" + text[16:],
			"in quotation marks":              "\u201c" + text + "\u201d",
			"marked as code":                  "`" + text + "`",
		} {
			read, err := ParseToken(pasted)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if read.Pin() != token.Pin() || !slices.Equal(read.Brokers(), brokers) || read.Hash() != token.Hash() {
				t.Errorf("%s: read as another token", name)
			}
			hash, err := HashTokenSecret(read.Secret())
			if err != nil || hash != token.Hash() {
				t.Errorf("%s: hash %x, want %x, error %v", name, hash, token.Hash(), err)
			}
		}
	}
}

func TestEveryTypingErrorIsNoticed(t *testing.T) {
	token := newToken(t)
	text := token.Reveal()
	for i := range text {
		for _, wrong := range []string{text[:i] + text[i+1:], text[:i] + string(other(text[i])) + text[i+1:], text[:i] + "7a" + text[i:]} {
			if _, err := ParseToken(wrong); !errors.Is(err, ErrTokenMistyped) && !errors.Is(err, ErrTokenMalformed) {
				t.Errorf("at %d: %v", i, err)
			}
		}
		if i > 0 && text[i] != text[i-1] {
			swapped := text[:i-1] + string(text[i]) + string(text[i-1]) + text[i+1:]
			if _, err := ParseToken(swapped); err == nil {
				t.Errorf("letters swapped at %d", i)
			}
		}
	}
}

func other(letter byte) byte {
	if letter == 'a' {
		return 'b'
	}
	return 'a'
}

// assemble makes the text of a token with a right checksum out of any body.
func assemble(body []byte) string {
	return pastedEncoding.EncodeToString(append(body, tokenText.checksum(body)...))
}

func TestTokensThatAreRefused(t *testing.T) {
	body := func(version byte, addresses ...string) []byte {
		b := append([]byte{version}, make([]byte, secretSize+32)...)
		b = append(b, byte(len(addresses)))
		for _, a := range addresses {
			b = append(append(b, byte(len(a)>>8), byte(len(a))), a...)
		}
		return b
	}
	nine := slices.Repeat([]string{"a:1"}, 9)
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":                   {"", ErrTokenMalformed},
		"a word":                    {"password", ErrTokenMalformed},
		"digits that no token has":  {strings.Repeat("0189", 30), ErrTokenMalformed},
		"too long":                  {strings.Repeat("a", maxPastedText+1), ErrTokenMalformed},
		"long, with a checksum":     {assemble(make([]byte, maxPastedBytes+1)), ErrTokenMalformed},
		"half of one":               {newToken(t).Reveal()[:90], ErrTokenMistyped},
		"a newer version":           {assemble(body(2, "a:1")), ErrTokenVersion},
		"no address":                {assemble(body(1)), ErrTokenMalformed},
		"nine addresses":            {assemble(body(1, nine...)), ErrTokenMalformed},
		"an address without a port": {assemble(body(1, "broker")), ErrTokenMalformed},
		"an address with port 0":    {assemble(body(1, "broker:0")), ErrTokenMalformed},
		"an address with a blank":   {assemble(body(1, "bro ker:1")), ErrTokenMalformed},
		"an address with escapes":   {assemble(body(1, "\x1b[2J:1")), ErrTokenMalformed},
		"bytes behind it":           {assemble(append(body(1, "a:1"), 0)), ErrTokenMalformed},
		"an address cut off":        {assemble(body(1, "a:1")[:51]), ErrTokenMalformed},
		"other alphabets":           {"Ａ" + newToken(t).Reveal(), ErrTokenMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseToken(c.text)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if len(c.text) > 40 && strings.Contains(err.Error(), c.text[:40]) {
				t.Error("the error repeats the token")
			}
		})
	}
}

func TestARefusedTokenNamesTheCharacterAndItsPlaceAndNothingElse(t *testing.T) {
	text := newToken(t).Reveal()
	for name, test := range map[string]struct{ pasted, says string }{
		"a digit":                 {text[:10] + "8" + text[10:], `character 11 of line 1 is '8'`},
		"in the second line":      {"> " + text[:10] + "\n> " + text[10:20] + "!" + text[20:], `character 13 of line 2 is '!'`},
		"another alphabet's":      {text[:3] + "\u0430" + text[3:], `character 4 of line 1 is '\u0430'`},
		"an escape":               {text[:3] + "\x1b[2J" + text[3:], `character 4 of line 1 is '\x1b'`},
		"a byte that is not text": {text[:3] + "\xff" + text[3:], `character 4 of line 1 is not UTF-8`},
	} {
		_, err := ParseToken(test.pasted)
		if !errors.Is(err, ErrTokenMalformed) || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), text[3:10]) || strings.Contains(err.Error(), text[20:30]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBrokerAddressesThatAreRefused(t *testing.T) {
	long := strings.Repeat("a", 240) + ":1"
	for _, brokers := range [][]string{
		nil, {""}, {"host"}, {"host:"}, {":6170"}, {"host:http"}, {"host:65536"}, {"host:+1"}, {"host:01"}, {"a/b:1"}, {"a\x00:1"},
		{"[fe80::1]:6170"}, {"0.0.0.0:6170"}, {"[::]:6170"}, {"[ff02::1]:6170"}, {"224.0.0.1:6170"}, {"255.255.255.255:6170"}, {"[::ffff:0.0.0.0]:6170"},
		{strings.Repeat("a", 254) + ":65535"}, slices.Repeat([]string{"a:1"}, 9), {long, long, long, long},
	} {
		if token, err := NewToken(engine.KeyID{}, brokers); err == nil {
			t.Errorf("%q made %d bytes", brokers, len(token.body()))
		}
	}
}

func TestATokenDoesNotPrintItself(t *testing.T) {
	token := newToken(t)
	hidden := struct{ token Token }{token} // of a field that is not exported fmt asks no method
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "token", token, "in", struct{ T Token }{token})
	encoded, err := json.Marshal(map[string]any{"token": token})
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{
		fmt.Sprint(token), fmt.Sprintf("%v %+v %#v %s %q %x %d", token, token, token, token, token, token, token),
		fmt.Sprintf("%+v", struct{ T Token }{token}), fmt.Sprintf("%v", &token), logged.String(), string(encoded),
		fmt.Sprintf("%v %+v %#v", hidden, hidden, hidden),
	} {
		for _, revealing := range []string{token.Reveal()[2:20], fmt.Sprintf("%x", token.secret[:8]), fmt.Sprint(token.secret[0], token.secret[1], token.secret[2])} {
			if strings.Contains(strings.ToLower(printed), revealing) {
				t.Errorf("printed: %s", printed)
			}
		}
	}
}

func TestTwoTokensDiffer(t *testing.T) {
	if a, b := newToken(t), newToken(t); a.Hash() == b.Hash() || a.Reveal() == b.Reveal() {
		t.Error("two tokens are one")
	}
}

func TestCheckToken(t *testing.T) {
	token := newToken(t)
	record := engine.JoinToken{Hash: token.Hash(), Made: today, Expires: today.Add(TokenLifetime)}
	usedUp := record
	usedUp.Used = today.Add(time.Minute)
	for name, c := range map[string]struct {
		record engine.JoinToken
		sent   [32]byte
		now    time.Time
		want   error
	}{
		"at once":                       {record, token.Hash(), today, nil},
		"in its last second":            {record, token.Hash(), today.Add(TokenLifetime - time.Second), nil},
		"after 15 minutes":              {record, token.Hash(), today.Add(TokenLifetime), ErrTokenExpired},
		"a clock set back an hour":      {record, token.Hash(), today.Add(-time.Hour), ErrTokenExpired},
		"a second time":                 {usedUp, token.Hash(), today.Add(2 * time.Minute), ErrTokenUsed},
		"another token":                 {record, newToken(t).Hash(), today, ErrTokenUnknown},
		"another token, used up record": {usedUp, newToken(t).Hash(), today, ErrTokenUnknown},
		"no record":                     {engine.JoinToken{}, token.Hash(), today, ErrTokenUnknown},
	} {
		if err := CheckToken(c.record, c.sent, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for _, sent := range [][]byte{nil, make([]byte, secretSize-1), make([]byte, secretSize+1), make([]byte, 1<<20)} {
		if _, err := HashTokenSecret(sent); !errors.Is(err, ErrTokenUnknown) {
			t.Errorf("%d bytes: %v", len(sent), err)
		}
	}
}

func FuzzToken(f *testing.F) {
	f.Add(newToken(f).Reveal())
	f.Add(newToken(f, "10.0.0.1:6170", "[2001:db8::1]:6170").Reveal())
	f.Add("")
	f.Add(assemble(append([]byte{1}, make([]byte, 60)...)))
	f.Fuzz(func(t *testing.T, text string) {
		for _, text := range []string{text, assemble([]byte(text))} { // the second one gets past the checksum
			token, err := ParseToken(text)
			if err != nil {
				continue
			}
			if err := CheckBrokers(token.Brokers()); err != nil {
				t.Errorf("read, but %v", err)
			}
			again, err := ParseToken(token.Reveal())
			if err != nil || again.Reveal() != token.Reveal() {
				t.Errorf("its own text does not read back: %v", err)
			}
		}
	})
}
