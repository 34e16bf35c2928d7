package component

import (
	"errors"

	"golang.org/x/sys/windows"
)

func isTakenHere(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}
