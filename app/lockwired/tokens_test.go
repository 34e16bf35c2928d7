package main

import (
	"strings"
	"testing"
	"time"

	"lockwire/engine"
)

func TestATokenForSeveralSaysWhatItIsWorthAndHowItIsTakenBack(t *testing.T) {
	token := engine.Token{ID: engine.NewID(), Secret: "secret", Expires: time.Now().Add(time.Hour)}
	words := tokenWords(engine.TokenRequest{Name: "branch-*", Uses: 2}, token)
	for _, want := range []string{"Whoever reads this token can join as any of branch-*", "2 machines have used it", "revoke-token " + string(token.ID), "--name NAME --token-file FILE"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in\n%s", want, words)
		}
	}
	if strings.Contains(words, token.Secret) {
		t.Error("the words hold the token")
	}
}
