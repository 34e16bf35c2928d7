package engine

import "fmt"

// RateInWords writes bytes per second in bit/s, as networks are measured: "15.8 Mbit/s".
func RateInWords(bytesPerSecond uint64) string {
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
