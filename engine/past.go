package engine

import "time"

const (
	// PastStep is the time over which a moment of a Past averages.
	PastStep = 5 * time.Second
	// PastMoments are those of 15 minutes.
	PastMoments = int(15 * time.Minute / PastStep)
)

// Past is what a broker remembers of the last 15 minutes. It is kept in memory alone.
type Past struct {
	// Moments are in order, the oldest first. Time in which the broker did not run is in none of them.
	Moments []Throughput `json:"moments"`
	// Loads are those of the components that were attached at one of the moments.
	Loads map[ID]PastLoad `json:"loads,omitempty"`
}

// Throughput is what all sessions moved in the step that ended at a moment, in bytes per second.
type Throughput struct {
	When   time.Time `json:"when"`
	Sealed uint64    `json:"sealed"`
	Plain  uint64    `json:"plain"`
}

// PastLoad is the load of a component's machine at each of Past.Moments, in cores; negative where it was not attached.
type PastLoad struct {
	Machine []float32 `json:"machine"` // of all programs
	Agent   []float32 `json:"agent"`   // of the agent alone
}
