package server

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

func TestANewDataFolderIsClosedToOtherUsers(t *testing.T) {
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Skip("Wine takes access lists of files and forgets them")
	}
	path := newFolder(t)
	open(t, path)
	descriptor, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := descriptor.DACL()
	if err != nil || list == nil {
		t.Fatalf("%v, %v", list, err)
	}
	everybody, err := windows.CreateWellKnownSid(windows.WinWorldSid)
	if err != nil {
		t.Fatal(err)
	}
	users, err := windows.CreateWellKnownSid(windows.WinBuiltinUsersSid)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list.AceCount {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, uint32(i), &entry); err != nil {
			t.Fatal(err)
		}
		if who := (*windows.SID)(unsafe.Pointer(&entry.SidStart)); who.Equals(everybody) || who.Equals(users) {
			t.Errorf("the list %v lets %v in", descriptor, who)
		}
	}
}
