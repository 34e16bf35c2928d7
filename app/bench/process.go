//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// process is one that the benchmark started, the leader of a process group of its own.
type process struct {
	cmd  *exec.Cmd
	quit io.Closer     // standard input of a role; nil for a peer
	log  string        // file of what a peer says
	said *bufio.Reader // standard output of a role
	once sync.Once
}

// stop ends the process and the children that stayed in its group, and waits for it.
func (p *process) stop() {
	p.once.Do(func() {
		if p.quit != nil {
			_ = p.quit.Close()
		} else {
			_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
		}
		insist := time.AfterFunc(3*time.Second, func() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) })
		defer insist.Stop()
		_ = p.cmd.Wait()
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // children that the leader left behind
	})
}

// startPeer starts a program in the foreground and waits until it accepts connections on address.
func startPeer(ctx context.Context, folder, address, program string, args ...string) (*process, error) {
	return startAwaited(ctx, folder, filepath.Base(program), append([]string{program}, args...), func(ctx context.Context) error { return awaitListener(ctx, address) })
}

// startAwaited starts a program and waits until it is ready.
func startAwaited(ctx context.Context, folder, name string, words []string, ready func(context.Context) error) (*process, error) {
	log, err := os.CreateTemp(folder, name+"-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = folder
	cmd.Stdout, cmd.Stderr = log, log
	// It ends with the benchmark, even where that is killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, log: log.Name()}
	if err := ready(ctx); err != nil {
		p.stop()
		said, _ := os.ReadFile(log.Name())
		said = bytes.TrimSpace(said)
		return nil, fmt.Errorf("%s: %w; it said: %s", name, err, said[max(0, len(said)-600):])
	}
	return p, nil
}

// awaitListener returns when something accepts connections on address, or after five seconds.
func awaitListener(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return errors.New("does not listen")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// findProgram looks where Debian puts daemons too, which is not in every user's PATH.
func findProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, folder := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed", name)
}
