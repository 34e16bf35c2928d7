//go:build !linux

package network

import "net"

func flowListening() net.ListenConfig { return net.ListenConfig{Control: ResetOnClose} }

func flowDialing() net.Dialer { return net.Dialer{KeepAlive: -1, Control: ResetOnClose} }
