package main

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestShadersAreNotKeptOnAFullDisk(t *testing.T) {
	small := t.TempDir()
	if err := unix.Mount("tmpfs", small, "tmpfs", 0, "size=64k,mode=700"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	})
	roomy := t.TempDir()
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"room":                          {map[string]string{"XDG_CACHE_HOME": roomy}, ""},
		"room in a folder to be made":   {map[string]string{"XDG_CACHE_HOME": filepath.Join(roomy, "a", "b")}, ""},
		"no room":                       {map[string]string{"XDG_CACHE_HOME": small}, "true"},
		"no room in one to be made":     {map[string]string{"XDG_CACHE_HOME": filepath.Join(small, "a", "b")}, "true"},
		"no room at home":               {map[string]string{"HOME": small}, "true"},
		"room where Mesa is told to":    {map[string]string{"XDG_CACHE_HOME": small, "MESA_SHADER_CACHE_DIR": roomy}, ""},
		"no room where it is told to":   {map[string]string{"XDG_CACHE_HOME": roomy, "MESA_SHADER_CACHE_DIR": small}, "true"},
		"no room, and the user decides": {map[string]string{"XDG_CACHE_HOME": small, noShaderCache: "false"}, "false"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, key := range []string{noShaderCache, "MESA_SHADER_CACHE_DIR", "XDG_CACHE_HOME"} {
				t.Setenv(key, "") // so that the test's end brings back what was set before
				os.Unsetenv(key)
			}
			for key, value := range c.env {
				t.Setenv(key, value)
			}
			if err := spareFullDisk(); err != nil {
				t.Fatal(err)
			}
			if got := os.Getenv(noShaderCache); got != c.want {
				t.Errorf("%s is %q, not %q", noShaderCache, got, c.want)
			}
		})
	}
}
