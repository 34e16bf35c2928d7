//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"

	"lockwire/app/host"
)

// privilegeSeparation is a folder that Debian's sshd insists on when root runs it; its service makes it at boot.
const privilegeSeparation = "/run/sshd"

// startSSH runs a server of the benchmark's own, with keys of its own, and a client that forwards a port through it. All
// flows share one connection, as they do with ssh.
func startSSH(ctx context.Context, b *bench) (*relays, error) {
	server, err := findProgram("sshd")
	if err != nil {
		return nil, err
	}
	client, err := findProgram("ssh")
	if err != nil {
		return nil, err
	}
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	r := &relays{}
	if os.Getuid() == 0 {
		switch err := os.Mkdir(privilegeSeparation, 0o755); {
		case err == nil:
			r.after = func() { _ = os.Remove(privilegeSeparation) }
		case !errors.Is(err, fs.ErrExist):
			return nil, err
		}
	}
	if err := startSSHRelays(ctx, b, r, server, client, me.Username); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

func startSSHRelays(ctx context.Context, b *bench, r *relays, server, client, me string) error {
	hostKey, own := filepath.Join(b.folder, "ssh-host"), filepath.Join(b.folder, "ssh-user")
	for _, file := range []string{hostKey, own} {
		if out, err := exec.CommandContext(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
			return fmt.Errorf("ssh-keygen: %w: %s", err, out)
		}
	}
	farAddress, err := host.FreeAddress()
	if err != nil {
		return err
	}
	nearAddress, err := host.FreeAddress()
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(farAddress)
	config := filepath.Join(b.folder, "sshd.conf")
	text := fmt.Sprintf("ListenAddress 127.0.0.1\nPort %s\nHostKey %s\nAuthorizedKeysFile %s.pub\nPidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nLogLevel ERROR\n",
		port, hostKey, own)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	r.address = nearAddress
	if r.far, err = startPeer(ctx, b.folder, farAddress, server, "-D", "-e", "-f", config); err != nil {
		return err
	}
	r.near, err = startPeer(ctx, b.folder, nearAddress, client, "-N", "-F", "none", "-i", own, "-p", port, "-l", me,
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
		"-o", "LogLevel=ERROR", "-o", "ExitOnForwardFailure=yes", "-c", "aes256-gcm@openssh.com",
		"-L", nearAddress+":"+b.sink, "127.0.0.1")
	return err
}
