package component

import (
	"errors"

	"golang.org/x/sys/windows"
)

func isRefusedHere(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }
