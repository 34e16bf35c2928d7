package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
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
	if os.Getuid() == 0 {
		if err := os.MkdirAll(privilegeSeparation, 0o755); err != nil {
			return nil, err
		}
	}
	host, own := filepath.Join(b.folder, "ssh-host"), filepath.Join(b.folder, "ssh-user")
	for _, file := range []string{host, own} {
		if out, err := exec.CommandContext(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("ssh-keygen: %w: %s", err, out)
		}
	}
	farAddress, err := freeAddress()
	if err != nil {
		return nil, err
	}
	nearAddress, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(farAddress)
	config := filepath.Join(b.folder, "sshd.conf")
	text := fmt.Sprintf("ListenAddress 127.0.0.1\nPort %s\nHostKey %s\nAuthorizedKeysFile %s.pub\nPidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nLogLevel ERROR\n",
		port, host, own)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	r := &relays{address: nearAddress}
	if r.far, err = startPeer(ctx, b.folder, farAddress, server, "-D", "-e", "-f", config); err != nil {
		return nil, err
	}
	if r.near, err = startPeer(ctx, b.folder, nearAddress, client, "-N", "-F", "none", "-i", own, "-p", port, "-l", me.Username,
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes",
		"-o", "LogLevel=ERROR", "-o", "ExitOnForwardFailure=yes", "-c", "aes256-gcm@openssh.com",
		"-L", nearAddress+":"+b.sink, "127.0.0.1"); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}
