package host

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

func dataFolder(program string, environment func(string) string) string {
	name := "Lockwire"
	if program != Broker {
		name = program
	}
	if windows.GetCurrentProcessToken().IsElevated() {
		return filepath.Join(environment("ProgramData"), name)
	}
	return filepath.Join(environment("LocalAppData"), name)
}

// protect takes away what ProgramData lets every user do: the folder is for the system, administrators and its owner.
func protect(path string) error {
	return setAccess(path, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)")
}

// setAccess sets a folder's access list from its text form (SDDL).
func setAccess(path, list string) error {
	descriptor, err := windows.SecurityDescriptorFromString(list)
	if err != nil {
		return err
	}
	access, _, err := descriptor.DACL()
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, access, nil)
}
