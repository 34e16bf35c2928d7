//go:build packaging

package main

import "lockwire/app/host"

// init has the program write what its package has besides it, where it was started for that. The console is no service.
func init() { host.PackageFiles(command(nil), nil) }
