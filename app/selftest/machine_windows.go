package selftest

import (
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// whoMayOpen says who is in a folder's access list. Nobody may be but the system, administrators and the folder's owner.
func whoMayOpen(folder string) (string, error) {
	descriptor, err := windows.GetNamedSecurityInfo(folder, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return "", fmt.Errorf("read the access list: %w", err)
	}
	control, _, err := descriptor.Control()
	if err != nil {
		return "", err
	}
	if control&windows.SE_DACL_PROTECTED == 0 {
		return "", fmt.Errorf("the access list takes up what the folder above allows: %s", descriptor)
	}
	owner, _, err := descriptor.Owner()
	if err != nil {
		return "", err
	}
	list, _, err := descriptor.DACL()
	if err != nil {
		return "", err
	}
	var names []string
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			return "", err
		}
		sid := (*windows.SID)(unsafe.Pointer(&entry.SidStart))
		switch {
		case sid.IsWellKnown(windows.WinLocalSystemSid):
			names = append(names, "the system")
		case sid.IsWellKnown(windows.WinBuiltinAdministratorsSid):
			names = append(names, "administrators")
		case sid.IsWellKnown(windows.WinCreatorOwnerRightsSid), sid.Equals(owner):
			names = append(names, "its owner")
		default:
			return "", fmt.Errorf("%s may open it, too: %s", sid, descriptor)
		}
	}
	return strings.Join(names, ", ") + " may open it, nobody else", nil
}
