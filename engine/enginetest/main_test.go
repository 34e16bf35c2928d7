package enginetest

import (
	"testing"

	"lockwire/engine/enginetest/atonce"
)

// Most tests here wait for what takes its time: a session lingers for a second, and its target lets go of it 15 s later.
func TestMain(m *testing.M) { atonce.Main(m, 8) }
