package main

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestTheProxysCredentialsComeFromAPrivateFile(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "")
	t.Setenv("https_proxy", "")
	file := func(text string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "proxy")
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	open := file("user:hunter2\n", 0o644)
	for name, c := range map[string]struct {
		flags proxyFlags
		good  bool
	}{
		"none":                        {proxyFlags{}, true},
		"without credentials":         {proxyFlags{"http://proxy.example:3128", ""}, true},
		"with a file":                 {proxyFlags{"http://proxy.example:3128", file("user:hunter2\n", 0o600)}, true},
		"a file that all can read":    {proxyFlags{"http://proxy.example:3128", open}, runtime.GOOS == "windows"},
		"a file that is not there":    {proxyFlags{"http://proxy.example:3128", "/nowhere/at/all"}, false},
		"standard input":              {proxyFlags{"http://proxy.example:3128", "-"}, false},
		"an empty file":               {proxyFlags{"http://proxy.example:3128", file("", 0o600)}, false},
		"credentials without a proxy": {proxyFlags{"", file("user:hunter2", 0o600)}, false},
		"a password in the URL":       {proxyFlags{"http://user:hunter2@proxy.example:3128", ""}, false},
		"no URL":                      {proxyFlags{"proxy.example:3128", ""}, false},
	} {
		proxy, err := c.flags.read()
		if (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") || strings.Contains(proxy.String(), "hunter2") {
			t.Errorf("%s: the password is shown: %v, %v", name, proxy, err)
		}
	}
}

func TestAServiceGetsTheProxyAndTheNameOfTheFile(t *testing.T) {
	var flags runFlags
	flags.proxy = proxyFlags{"http://proxy.example:3128", "secret-file"}
	arguments := flags.arguments("/data")
	i := slices.Index(arguments, "--proxy")
	if i < 0 || arguments[i+1] != "http://proxy.example:3128" || arguments[i+2] != "--proxy-credentials" || !filepath.IsAbs(arguments[i+3]) {
		t.Errorf("%q", arguments)
	}
	flags.proxy = proxyFlags{}
	if slices.Contains(flags.arguments("/data"), "--proxy") {
		t.Error("a proxy from nowhere")
	}
}
