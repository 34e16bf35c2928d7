package host

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
		flags ProxyFlags
		good  bool
	}{
		"none":                        {ProxyFlags{}, true},
		"without credentials":         {ProxyFlags{"http://proxy.example:3128", ""}, true},
		"with a file":                 {ProxyFlags{"http://proxy.example:3128", file("user:hunter2\n", 0o600)}, true},
		"a file that all can read":    {ProxyFlags{"http://proxy.example:3128", open}, runtime.GOOS == "windows"},
		"a file that is not there":    {ProxyFlags{"http://proxy.example:3128", "/nowhere/at/all"}, false},
		"standard input":              {ProxyFlags{"http://proxy.example:3128", "-"}, false},
		"an empty file":               {ProxyFlags{"http://proxy.example:3128", file("", 0o600)}, false},
		"credentials without a proxy": {ProxyFlags{"", file("user:hunter2", 0o600)}, false},
		"a password in the URL":       {ProxyFlags{"http://user:hunter2@proxy.example:3128", ""}, false},
		"no URL":                      {ProxyFlags{"proxy.example:3128", ""}, false},
	} {
		proxy, err := c.flags.Read()
		if (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") || strings.Contains(proxy.String(), "hunter2") {
			t.Errorf("%s: the password is shown: %v, %v", name, proxy, err)
		}
	}
}

func TestAServiceGetsTheProxyAndTheNameOfTheFile(t *testing.T) {
	flags := ProxyFlags{"http://proxy.example:3128", "secret-file"}
	arguments := flags.Arguments()
	if len(arguments) != 4 || !slices.Equal(arguments[:3], []string{"--proxy", "http://proxy.example:3128", "--proxy-credentials"}) || !filepath.IsAbs(arguments[3]) {
		t.Errorf("%q", arguments)
	}
	if len(new(ProxyFlags).Arguments()) != 0 {
		t.Error("a proxy from nowhere")
	}
}
