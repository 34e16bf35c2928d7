//go:build goexperiment.runtimesecret && linux && (amd64 || arm64)

package secret

import "runtime/secret"

const provable = true

// Do calls f and erases the registers and the stack that f used before it returns. Memory that f allocated is erased when
// the garbage collector finds it unreachable; see [Erase]. Neither holds for goroutines that f starts. Within another Do it is that one
// that erases, for both.
func Do(f func()) {
	if secret.Enabled() {
		f()
		return
	}
	secret.Do(f)
}
