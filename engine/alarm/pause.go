package alarm

import "time"

const (
	firstPause   = time.Second
	longestPause = 5 * time.Minute
	// refusedTimes is how often an alarm is sent that the receiver refuses outright: it may be taken after somebody has mended the
	// receiver, and must not keep later ones back for ever.
	refusedTimes = 5
)

// pauseAfter is how long is waited after so many failures in a row, of which there is at least one.
func pauseAfter(failures int) time.Duration {
	pause := firstPause
	for range failures - 1 {
		if pause *= 2; pause >= longestPause {
			return longestPause
		}
	}
	return pause
}
