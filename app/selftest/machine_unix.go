//go:build !windows

package selftest

import (
	"fmt"
	"os"
)

// whoMayOpen says who may open a folder, which has to be its owner alone.
func whoMayOpen(folder string) (string, error) {
	info, err := os.Stat(folder)
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode != 0o700 {
		return "", fmt.Errorf("its mode is %v, so that others than its owner may open it", mode)
	}
	return "its owner alone may open it", nil
}
