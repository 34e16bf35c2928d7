//go:build !linux

package network

import "net"

func (b *ReceiveBuffer) lock() bool   { return false }
func (b *ReceiveBuffer) resize() bool { return false }
func (b *ReceiveBuffer) ask() bool    { return false }

// BoundUnsent bounds nothing here: the system's own bounds hold.
func BoundUnsent(net.Conn, int) {}
