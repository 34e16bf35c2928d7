package text

import (
	"fmt"
	"time"
)

// Shown writes how many of all things are shown.
func Shown(shown, all int, one, many string) string {
	if shown == all {
		return Count(all, one, many)
	}
	return Number(shown) + " of " + Count(all, one, many)
}

// Selected continues Shown with the number of selected rows; empty below two.
func Selected(selected int) string {
	if selected < 2 {
		return ""
	}
	return ", " + Number(selected) + " selected"
}

// Age writes how long ago a time was.
func Age(t, now time.Time) string {
	switch age := now.Sub(t); {
	case t.IsZero():
		return ""
	case age < time.Minute:
		return fmt.Sprintf("%d s", max(int(age.Seconds()), 0))
	case age < time.Hour:
		return fmt.Sprintf("%d min", int(age.Minutes()))
	case age < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(age.Hours()), int(age.Minutes())%60)
	default:
		return fmt.Sprintf("%d days", int(age.Hours()/24))
	}
}

// Ago writes how long ago a moment of a chart was: within an hour to ten seconds, so that no moment is named for a minute that it is far
// from, and a chart that grows by a moment each second is drawn for its axis no more than each ten.
func Ago(t, now time.Time) string {
	age := now.Sub(t)
	if age < 10*time.Second || age >= time.Hour {
		return Age(t, now) + " ago"
	}
	age = age.Round(10 * time.Second)
	if age < time.Minute {
		return fmt.Sprintf("%d s ago", int(age.Seconds()))
	}
	if seconds := int(age.Seconds()) % 60; seconds != 0 {
		return fmt.Sprintf("%d min %d s ago", int(age.Minutes()), seconds)
	}
	return fmt.Sprintf("%d min ago", int(age.Minutes()))
}
