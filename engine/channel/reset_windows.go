package channel

import "golang.org/x/sys/windows"

// connectionReset is how a connection ends that the peer gives up. syscall.ECONNRESET is an invention of Go's here.
const connectionReset = windows.WSAECONNRESET
