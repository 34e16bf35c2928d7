package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/pflag"

	"lockwire/engine/network"
)

// ProxyFlags say through which HTTP proxy a program reaches brokers and service providers' gateways.
type ProxyFlags struct{ url, credentials string }

// Add adds the flags. leads says what the proxy leads to, and reads who reads its credentials.
func (p *ProxyFlags) Add(flags *pflag.FlagSet, leads, reads string) {
	flags.StringVar(&p.url, "proxy", "", "http://HOST:PORT of the HTTP proxy that leads to "+leads+" (default HTTPS_PROXY of the environment; NO_PROXY counts for both)")
	flags.StringVar(&p.credentials, "proxy-credentials", "", "file with the proxy's USER:PASSWORD, which only "+reads+" can read")
}

// Read gives the proxy, nil for none. The file is read now, so that one that is wrong is known at once.
func (p *ProxyFlags) Read() (*network.Proxy, error) {
	if p.url == "" {
		if p.credentials != "" {
			return nil, fmt.Errorf("--proxy-credentials: they are for the proxy of --proxy, which is not given")
		}
		return network.ProxyFromEnvironment(), nil
	}
	var credentials []byte
	if p.credentials != "" {
		err := checkPrivate(p.credentials)
		if err == nil {
			credentials, err = ReadSecret(nil, p.credentials)
		}
		if err != nil {
			return nil, fmt.Errorf("--proxy-credentials: %w", err)
		}
		defer clear(credentials)
	}
	proxy, err := network.ParseProxy(p.url, string(bytes.TrimSpace(credentials)))
	if err != nil {
		return nil, fmt.Errorf("--proxy: %w", err)
	}
	return proxy, nil
}

// Arguments are the flags of a service, whose environment has no proxy.
func (p *ProxyFlags) Arguments() []string {
	if p.url == "" {
		return nil
	}
	all := []string{"--proxy", p.url}
	if p.credentials != "" {
		file := p.credentials
		if whole, err := filepath.Abs(file); err == nil {
			file = whole
		}
		all = append(all, "--proxy-credentials", file)
	}
	return all
}

// checkPrivate tells whether others than the owner and the group can read a file.
func checkPrivate(path string) error {
	if path == "-" {
		return errors.New("they are read from a file at each start, not from standard input")
	}
	about, err := os.Stat(path)
	if err == nil && runtime.GOOS != "windows" && about.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("every user of this machine can read %s; make it private first: chmod 600 %[1]s", path)
	}
	return err
}
