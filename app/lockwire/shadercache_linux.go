package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	// noShaderCache is Mesa's own setting.
	noShaderCache = "MESA_SHADER_CACHE_DISABLE"
	// shaderRoom is well above what the shaders of the console take, with the cache's index.
	shaderRoom = 16 << 20
)

// spareFullDisk has Mesa do without its cache of compiled shaders where the disk that it would lie on is full. The cache is
// written through mapped memory, and there the first byte without room kills the program (SIGBUS). Without it a start takes a
// quarter of a second longer, so it stays wherever it can.
func spareFullDisk() error {
	if _, said := os.LookupEnv(noShaderCache); said || hasRoom(shaderFolder(), shaderRoom) {
		return nil
	}
	return os.Setenv(noShaderCache, "true")
}

// shaderFolder is where Mesa keeps its cache, or empty where nothing tells.
func shaderFolder() string {
	for _, name := range []string{"MESA_SHADER_CACHE_DIR", "XDG_CACHE_HOME"} {
		if folder := os.Getenv(name); folder != "" {
			return folder
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return cache
}

// hasRoom tells whether a file of a size can be written into a folder, which may be still to be made.
func hasRoom(folder string, size uint64) bool {
	for folder != "" {
		var disk unix.Statfs_t
		err := unix.Statfs(folder, &disk)
		if err == nil {
			return disk.Bavail*uint64(disk.Bsize) >= size
		}
		parent := filepath.Dir(folder)
		if err != unix.ENOENT || parent == folder {
			break
		}
		folder = parent
	}
	return true // Mesa does not come to write there either
}
