//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// roleVariable is set in the environment of a copy of this program that plays a part of a benchmark.
const roleVariable = "LOCKWIRE_BENCH_ROLE"

// The relays of a bare channel.
const (
	nearRole = "near relay"
	farRole  = "far relay"

	gatewayRole = "gateway"
	tenantRole  = "tenant"
	tenantsRole = "tenants"
)

// roles are the parts. Each gets its task as one line of JSON on standard input, so that keys are in no process list, says
// on standard output where it listens, and ends when standard input does: none outlives the benchmark.
var roles = map[string]func(ctx context.Context, task []byte, listening func(net.Addr)) error{
	"sink":       runSink,
	nearRole:     runNear,
	farRole:      runFar,
	"crowd":      runCrowd,
	"echo":       runEcho,
	"idle tools": runIdleTools,
	"path":       runPath,
	gatewayRole:  runGateway,
	tenantRole:   runTenant,
	tenantsRole:  runTenants,
}

func runRole(name string) error {
	role, ok := roles[name]
	if !ok {
		return errors.New("no such role")
	}
	in := bufio.NewReader(os.Stdin)
	task, err := in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the task: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // ends with the process at the latest
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	defer profile()()
	return role(ctx, task, func(a net.Addr) { fmt.Println(a) })
}

// startRole starts a copy of this program and returns where it listens.
func startRole(ctx context.Context, name string, task any) (*process, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	line, err := json.Marshal(task)
	if err != nil {
		return nil, "", err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+name)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	p := &process{cmd: cmd, quit: stdin, said: bufio.NewReader(stdout)}
	if _, err := stdin.Write(append(line, '\n')); err != nil {
		p.stop()
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	address, err := p.next(ctx)
	if err != nil {
		p.stop()
		return nil, "", fmt.Errorf("%s did not start", name)
	}
	return p, address, nil
}

// next is the next line that a role says. Where ctx ends first, so does the role.
func (p *process) next(ctx context.Context) (string, error) {
	defer context.AfterFunc(ctx, p.stop)()
	line, err := p.said.ReadString('\n')
	if err != nil {
		return "", errors.Join(context.Cause(ctx), err)
	}
	return line[:len(line)-1], nil
}

// await waits until a role says a word.
func (p *process) await(ctx context.Context, within time.Duration, word string) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		said, err := p.next(ctx)
		if err != nil {
			return fmt.Errorf("wait for %q: %w", word, err)
		}
		if said == word {
			return nil
		}
	}
}

// acceptEach hands every connection to serve, in a goroutine of its own, until ctx ends, and waits for them all.
func acceptEach(ctx context.Context, listener net.Listener, serve func(context.Context, *net.TCPConn) error) error {
	defer listener.Close()
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		running.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			if err := serve(ctx, conn.(*net.TCPConn)); err != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "bench:", err)
			}
		})
	}
}
