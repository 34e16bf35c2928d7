// Package pipe is what stands for a local socket on Windows: a named pipe that only the user who made it, the system and
// administrators can open. Elsewhere it is empty.
package pipe
