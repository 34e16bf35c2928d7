package ui

import (
	"time"
)

const (
	// lookEvery is how often it is kept that somebody looks.
	lookEvery = time.Minute
	// awayAfter is after how long without a window one wants to be told what happened.
	awayAfter = 15 * time.Minute
)

// keptTexts are texts that are kept from one start to the next, as fyne.Preferences are.
type keptTexts interface {
	String(key string) string
	SetString(key, text string)
}

// lastLook keeps when a window of this user last showed an installation, by the broker's clock.
type lastLook struct {
	away   time.Time // when that was before this window; zero where it is not known or was just now
	opened time.Time // when this window first showed it
	kept   time.Time
}

// update takes up the newest state.
func (l *lastLook) update(preferences keptTexts, state *State) {
	if preferences == nil || state.When.IsZero() || state.Installation.ID == "" || state.When.Sub(l.kept) < lookEvery {
		return
	}
	key := "looked." + string(state.Installation.ID)
	if l.opened.IsZero() {
		l.opened = state.When
		if before, err := time.Parse(time.RFC3339, preferences.String(key)); err == nil && state.When.Sub(before) >= awayAfter {
			l.away = before
		}
	}
	l.kept = state.When
	preferences.SetString(key, state.When.Format(time.RFC3339))
}
