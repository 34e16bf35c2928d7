//go:build !windowscan

package main

// serveWindowScan does nothing: only a build for tests tells what its window shows.
func (d *desk) serveWindowScan() {}
