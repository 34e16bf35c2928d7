//go:build !linux && !windows

package secret

import "errors"

// allocatePages gives ordinary memory: there is no tested way to lock it on this system.
func allocatePages(size int) (memory []byte, notLocked, err error) {
	return make([]byte, size), errors.New("not supported on this system"), nil
}
