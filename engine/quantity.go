package engine

import "fmt"

// RateInWords writes bytes per second in bit/s, as networks are measured: "15.8 Mbit/s".
func RateInWords(bytesPerSecond uint64) string {
	return inUnits(float64(bytesPerSecond)*8, 1, "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")
}

// SizeInWords writes a count of bytes, as disks are measured: "1.07 GB".
func SizeInWords(bytes uint64) string {
	return inUnits(float64(bytes), 2, "B", "kB", "MB", "GB", "TB", "PB", "EB")
}

// inUnits writes a figure in the largest unit of which there is one; units grow by 1000. The smallest is written whole.
func inUnits(figure float64, digits int, smallest string, larger ...string) string {
	unit := smallest
	for _, next := range larger {
		if figure < 1000 {
			break
		}
		figure, unit = figure/1000, next
	}
	if unit == smallest {
		digits = 0
	}
	return fmt.Sprintf("%.*f %s", digits, figure, unit)
}
