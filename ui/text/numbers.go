package text

import (
	"strconv"
	"strings"

	"lockwire/engine"
)

// Count writes a number and the right form of a word.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Number writes a number with its thousands apart.
func Number(n int) string {
	text, thousands := strconv.Itoa(n), inUse.Load().thousands
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + thousands + text[i:]
	}
	return text
}

// Decimal writes a number with so many digits behind its decimal separator.
func Decimal(n float64, digits int) string {
	return decimals(strconv.FormatFloat(n, 'f', digits, 64))
}

// decimals has a number that stands alone, or before a unit, written as the locale does.
func decimals(text string) string { return strings.Replace(text, ".", inUse.Load().decimal, 1) }

// ParseDecimal reads a number that somebody typed, with a point or a comma before its decimals.
func ParseDecimal(typed string) (float64, error) {
	return strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(typed), ",", "."), 64)
}

// Rate writes bytes per second in bit/s.
func Rate(bytesPerSecond uint64) string { return decimals(engine.RateInWords(bytesPerSecond)) }

// Size writes a count of bytes with SI units.
func Size(bytes uint64) string { return decimals(engine.SizeInWords(bytes)) }
