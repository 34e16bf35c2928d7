// Package secret keeps keys out of every place where they could outlive their use.
//
// A [Key] lies in pages that many keys share, that are never swapped out and never written to a core dump, and that are
// overwritten by [Key.Destroy]. It never prints itself. What is derived from a key - an AEAD, a key schedule, an HMAC
// state - lies in ordinary memory that no package can overwrite; it is made and used inside [Do], so that the garbage
// collector overwrites it once it is no longer reachable. [Erase] waits until that has happened.
//
//	key, err := secret.New()
//	if err != nil {
//		return err
//	}
//	defer key.Destroy()
//	err = key.Use(func(bytes []byte) { … })
//
// [Do] erases only where the Go runtime can: linux/amd64 and linux/arm64, built with GOEXPERIMENT=runtimesecret.
// [Provable] says whether this program is such a build. Everywhere else keys are still wiped on Destroy, but copies that
// derived objects leave behind are released, not erased.
//
// Programs call [Harden] first thing, which keeps the whole process out of core dumps and debuggers.
package secret
