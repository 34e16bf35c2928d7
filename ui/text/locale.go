package text

import (
	"strings"
	"sync/atomic"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Locale is how times, numbers and the order of names look on the screen. What machines read, such as CSV and JSON, never follows it.
type Locale struct {
	days               dayStyle
	twelveHours        bool
	decimal, thousands string
	order              *order // nil orders by letters without their case
}

// inUse is the program's locale: one for all that is shown, as the theme is.
var inUse atomic.Pointer[Locale]

func init() { Use(NewLocale("", "", "")) }

// Use has everything that this package writes from now on follow a locale. A program calls it before it shows anything.
func Use(l *Locale) { inUse.Store(l) }

// NewLocale makes a locale from the names of those of times, of numbers and of the order of names, such as de-DE or de_DE.UTF-8. For a
// name that is empty, C or unknown, times are written as 2027-01-31 18:00, numbers as 1,234.5, and names are in the order of their letters.
func NewLocale(times, numbers, names string) *Locale {
	l := &Locale{decimal: ".", thousands: ","}
	if tag, ok := tagOf(times); ok {
		region, _ := tag.Region()
		base, _ := tag.Base()
		l.days, l.twelveHours = dayStyleOf(region.String(), base.String()), twelveHoursIn(region.String(), base.String())
	}
	if tag, ok := tagOf(numbers); ok {
		l.decimal, l.thousands = separatorsOf(tag)
	}
	if tag, ok := tagOf(names); ok {
		l.order = newOrder(tag)
	}
	return l
}

// tagOf reads the name of a locale as Linux or Windows gives it; false for one that says nothing.
func tagOf(name string) (language.Tag, bool) {
	name, _, _ = strings.Cut(name, ".")
	name, _, _ = strings.Cut(name, "@")
	if name == "" || name == "C" || name == "POSIX" {
		return language.Und, false
	}
	tag, err := language.Parse(strings.ReplaceAll(name, "_", "-"))
	return tag, err == nil && tag != language.Und
}

// separatorsOf takes the separators from a number as the locale writes it. Its digits are always the Latin ones, as those of addresses are.
func separatorsOf(tag language.Tag) (decimal, thousands string) {
	if latin, err := tag.SetTypeForKey("nu", "latn"); err == nil {
		tag = latin
	}
	written := message.NewPrinter(tag).Sprint(number.Decimal(1234567.5))
	between := strings.FieldsFunc(written, unicode.IsDigit)
	if len(between) < 2 {
		return ".", ","
	}
	// The bundled font has no narrow space.
	thousands = strings.ReplaceAll(between[0], "\u202f", "\u00a0")
	return between[len(between)-1], thousands
}
