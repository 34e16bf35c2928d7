//go:build race

package raced

// Detector says whether this test was built with the race detector.
const Detector = true
