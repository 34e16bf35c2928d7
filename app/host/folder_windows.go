package host

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

func dataFolder(program string, environment func(string) string) string {
	if windows.GetCurrentProcessToken().IsElevated() {
		return systemFolder(program, environment)
	}
	return filepath.Join(environment("LocalAppData"), folderName(program))
}

func systemFolder(program string, environment func(string) string) string {
	return filepath.Join(environment("ProgramData"), folderName(program))
}

// folderName gives the folder's name: the broker's data are those of Lockwire as such.
func folderName(program string) string {
	if program == Broker {
		return "Lockwire"
	}
	return program
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
