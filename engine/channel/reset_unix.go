//go:build unix

package channel

import "syscall"

// connectionReset is how a connection ends that the peer gives up.
const connectionReset = syscall.ECONNRESET
