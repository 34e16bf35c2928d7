//go:build !(goexperiment.runtimesecret && linux && (amd64 || arm64))

package secret

const provable = false

// Do calls f. This build cannot erase what f leaves behind; see [Provable].
func Do(f func()) { f() }
