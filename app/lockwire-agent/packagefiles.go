//go:build packaging

package main

import "lockwire/app/host"

// init has the program write what its package has besides it, where it was started for that.
func init() {
	service := agentService("/usr/bin/lockwire-agent", host.SystemFolder(host.Agent), []string{"run"})
	host.PackageFiles(newRoot(), &service)
}
