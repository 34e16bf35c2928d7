package model

import (
	"testing"
	"time"

	"lockwire/engine"
)

// texts are kept in memory.
type texts map[string]string

func (t texts) String(key string) string   { return t[key] }
func (t texts) SetString(key, text string) { t[key] = text }

func TestThatSomebodyLooksIsKeptNowAndThen(t *testing.T) {
	preferences := texts{}
	state := &State{Installation: engine.Installation{ID: "installation"}}
	var look LastLook
	at := func(moment time.Time) string {
		state.When = moment
		look.Update(preferences, state)
		return preferences.String("looked.installation")
	}
	first := at(moment)
	if again := at(moment.Add(lookEvery / 2)); again != first {
		t.Errorf("kept anew after half of %v", lookEvery)
	}
	if later := at(moment.Add(lookEvery)); later == first {
		t.Errorf("not kept anew after %v", lookEvery)
	}
	if !look.Away.IsZero() {
		t.Errorf("who looks was away since %v", look.Away)
	}
}
