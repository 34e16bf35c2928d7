package engine

import (
	"fmt"
	"slices"
	"strings"
)

// RateInWords writes bytes per second in bit/s, as networks are measured: "15.8 Mbit/s".
func RateInWords(bytesPerSecond uint64) string {
	return inUnits(1, unitsOfRates, float64(bytesPerSecond)*8)
}

// RatesInWords writes several, in the unit of the largest, which stands once: "15.8, 3.1, 0.2 Mbit/s". There is at least one.
func RatesInWords(bytesPerSecond []uint64) string {
	figures := make([]float64, len(bytesPerSecond))
	for i, rate := range bytesPerSecond {
		figures[i] = float64(rate) * 8
	}
	return inUnits(1, unitsOfRates, figures...)
}

// SizeInWords writes a count of bytes, as disks are measured: "1.07 GB".
func SizeInWords(bytes uint64) string {
	return inUnits(2, unitsOfSizes, float64(bytes))
}

// Units grow by 1000.
var (
	unitsOfRates = []string{"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"}
	unitsOfSizes = []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
)

// inUnits writes figures in the largest unit of which the largest of them is one. The smallest unit is written whole.
func inUnits(digits int, units []string, figures ...float64) string {
	unit, scale := 0, 1.0
	for largest := slices.Max(figures); largest >= 1000 && unit < len(units)-1; unit++ {
		largest /= 1000
		scale *= 1000
	}
	if unit == 0 {
		digits = 0
	}
	words := make([]string, len(figures))
	for i, figure := range figures {
		words[i] = fmt.Sprintf("%.*f", digits, figure/scale)
	}
	return strings.Join(words, ", ") + " " + units[unit]
}
