//go:build packaging

package main

import "lockwire/app/host"

// init has the program write what its package has besides it, where it was started for that.
func init() {
	service := brokerService("/usr/bin/lockwired", host.SystemFolder(host.Broker), []string{"serve"})
	host.PackageFiles(rootCommand(), &service)
}
