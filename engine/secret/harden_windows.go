package secret

import "golang.org/x/sys/windows"

// Harden keeps Windows Error Reporting from taking a dump of this process when it crashes. Call it before the first key
// is made.
func Harden() error {
	windows.SetErrorMode(windows.SEM_FAILCRITICALERRORS | windows.SEM_NOGPFAULTERRORBOX)
	return nil
}
