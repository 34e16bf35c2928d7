// Package network holds what several packages need of TCP beyond package net: accepting with back-off, the system's socket
// errors, connections that reset their peer when they are closed, and what the kernel knows of a connection (TCP_INFO).
package network
