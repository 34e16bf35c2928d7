//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
)

// profileVariable names a folder into which every part of a benchmark writes its CPU profile.
const profileVariable = "LOCKWIRE_BENCH_PROFILE"

// profile starts a CPU profile where one is asked for and returns what ends it.
func profile() func() {
	folder := os.Getenv(profileVariable)
	if folder == "" {
		return func() {}
	}
	name := fmt.Sprintf("%s-%d.pprof", strings.ReplaceAll(os.Getenv(roleVariable), " ", "-"), os.Getpid())
	file, err := os.Create(filepath.Join(folder, name))
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return func() {}
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close()
	}
}
