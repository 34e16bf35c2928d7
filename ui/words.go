package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"lockwire/engine"
)

// counted writes a number and the right form of a word.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes a number with its thousands apart.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// shownWords say how many things there are, and how many of them are shown.
func shownWords(shown, all int, one, many string) string {
	if shown == all {
		return counted(all, one, many)
	}
	return grouped(shown) + " of " + counted(all, one, many)
}

// selectedWords go on to say how many are selected, where one does not see that at once.
func selectedWords(selected int) string {
	if selected < 2 {
		return ""
	}
	return ", " + grouped(selected) + " selected"
}

// rateWords writes bytes per second in bit/s.
func rateWords(bytesPerSecond uint64) string {
	bits, unit := float64(bytesPerSecond)*8, "bit/s"
	for _, larger := range []string{"kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"} {
		if bits < 1000 {
			break
		}
		bits, unit = bits/1000, larger
	}
	if unit == "bit/s" {
		return fmt.Sprintf("%.0f %s", bits, unit)
	}
	return fmt.Sprintf("%.1f %s", bits, unit)
}

// sizeWords writes a count of bytes with SI units.
func sizeWords(bytes uint64) string {
	size, unit := float64(bytes), "B"
	for _, larger := range []string{"kB", "MB", "GB", "TB", "PB"} {
		if size < 1000 {
			break
		}
		size, unit = size/1000, larger
	}
	if unit == "B" {
		return fmt.Sprintf("%.0f B", size)
	}
	return fmt.Sprintf("%.2f %s", size, unit)
}

// timeWords writes a time in the local zone; nothing for the zero time.
func timeWords(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// ageWords writes how long ago a time was.
func ageWords(t, now time.Time) string {
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

// selectorWords writes a rule's source or target.
func selectorWords(entries []engine.Selector) string {
	text := make([]string, len(entries))
	for i, entry := range entries {
		text[i] = entry.String()
	}
	return strings.Join(text, ", ")
}
