package engine

import "time"

// Week is what the rules decide for one pair over the hours of a week, for data of the question's operation.
type Week struct {
	// Mode and By are those of the question's moment.
	Mode Mode `json:"mode"`
	By   By   `json:"by"`
	// TimeZone is the installation's, in which the days and hours are, and From the Monday on which the week begins.
	TimeZone string    `json:"timeZone"`
	From     time.Time `json:"from"`
	// Limits are those that hold at some hour, each once.
	Limits []AppliedThrottle `json:"limits"`
	// Hours has, for each day from Monday and each hour, the index in Limits of the one that holds when the hour begins; -1
	// where none does, or where a change of the clocks leaves the hour out.
	Hours [7][24]int `json:"hours"`
	// Phases say what decides sealed or plain; the first begins with the week. Encryption has no hours, so that there is more
	// than one only where a trusted link ends in this week.
	Phases []WeekPhase `json:"phases"`
	// Clocks are the hours that a change of the clocks makes special.
	Clocks []WeekClock `json:"clocks,omitempty"`
}

// Zone names the week's time zone as people read it.
func (w *Week) Zone() string {
	if w.TimeZone == "Local" { // what Go calls the system's, where it has no name
		return "the broker's time zone"
	}
	return w.TimeZone
}

// WeekHour is an hour of a week: the day from 0, a Monday, and the hour from 0.
type WeekHour struct {
	Day  int `json:"day"`
	Hour int `json:"hour"`
}

// WeekPhase is what decides sealed or plain from one hour on.
type WeekPhase struct {
	WeekHour
	Mode Mode `json:"mode"`
	By   By   `json:"by"`
	// Because is the reason in a few words, as Decision.Because gives it.
	Because string `json:"because"`
}

// WeekClock is an hour that a change of the clocks makes special.
type WeekClock struct {
	WeekHour
	// Twice: the hour, or a part of it, comes twice, and what the week says is of the first time; else there is no such hour.
	Twice bool `json:"twice"`
}

// Phase gives what decides sealed or plain at an hour.
func (w *Week) Phase(at WeekHour) WeekPhase {
	var phase WeekPhase
	for _, next := range w.Phases {
		if next.Day < at.Day || next.Day == at.Day && next.Hour <= at.Hour {
			phase = next
		}
	}
	return phase
}

// Clock tells whether a change of the clocks makes an hour special, and how.
func (w *Week) Clock(at WeekHour) (clock WeekClock, special bool) {
	for _, clock := range w.Clocks {
		if clock.WeekHour == at {
			return clock, true
		}
	}
	return clock, false
}

// Limit gives the limit at an hour; nil where none holds.
func (w *Week) Limit(at WeekHour) *AppliedThrottle {
	if place := w.Hours[at.Day][at.Hour]; place >= 0 && place < len(w.Limits) {
		return &w.Limits[place]
	}
	return nil
}
