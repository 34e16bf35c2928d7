package model

import "time"

const (
	// lookEvery is how often the time of the last look is stored.
	lookEvery = time.Minute
	// awayAfter is the absence after which the overview reports what happened meanwhile.
	awayAfter = 15 * time.Minute
)

// Preferences are texts that are kept from one start to the next, as fyne.Preferences are.
type Preferences interface {
	String(key string) string
	SetString(key, text string)
}

// LastLook stores when a window of this user last showed an installation, by the broker's clock.
type LastLook struct {
	Away   time.Time // when that was before this window; zero where it is not known or was just now
	Opened time.Time // when this window first showed it
	kept   time.Time
}

// Update takes up the newest state.
func (l *LastLook) Update(preferences Preferences, state *State) {
	if preferences == nil || state.When.IsZero() || state.Installation.ID == "" || state.When.Sub(l.kept) < lookEvery {
		return
	}
	key := "looked." + string(state.Installation.ID)
	if l.Opened.IsZero() {
		l.Opened = state.When
		if before, err := time.Parse(time.RFC3339, preferences.String(key)); err == nil && state.When.Sub(before) >= awayAfter {
			l.Away = before
		}
	}
	l.kept = state.When
	preferences.SetString(key, state.When.Format(time.RFC3339))
}
