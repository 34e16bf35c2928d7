package network

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// fionread asks for the count of bytes that can be read.
const fionread = 0x4004667f

// readable says nothing of an end or an error: a read must find those.
func readable(fd uintptr) bool {
	var waiting, returned uint32
	err := windows.WSAIoctl(windows.Handle(fd), fionread, nil, 0, (*byte)(unsafe.Pointer(&waiting)), uint32(unsafe.Sizeof(waiting)), &returned, nil, 0)
	return err == nil && waiting > 0
}
