//go:build linux

package hosts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// toolWithin bounds one backup or restore.
const toolWithin = 90 * time.Second

// backupTool is a backup tool on the source and its server on the target, with a route between them.
type backupTool interface {
	// roundTrip backs up data in which the marker stands everywhere, restores it and compares both.
	roundTrip(t *testing.T, marker string)
	// words are what a capture of a plain round trip shows.
	words(marker string) []string
	route() string
}

// rsync backs up to a daemon: what it reads is what goes over the wire.
type rsync struct {
	n      *network
	listen int
	module string // the daemon's folder
}

const (
	rsyncListen, rsyncBackend       = 18730, 18731
	resticListen, resticBackend     = 18000, 18001
	postgresListen, postgresBackend = 15432, 15433
)

func newRsync(t *testing.T, i *installation) *rsync {
	t.Helper()
	r := &rsync{n: i.network, listen: rsyncListen, module: newFolder(t, "rsync")}
	configuration := filepath.Join(newFolder(t, "rsyncd"), "rsyncd.conf")
	writeFile(t, configuration, fmt.Appendf(nil, "use chroot = no\nmunge symlinks = no\nuid = 0\ngid = 0\n[vault]\npath = %s\nread only = no\n", r.module))
	daemon := start(t, command{on: i.network.target, name: "rsync daemon", arguments: []string{
		"rsync", "--daemon", "--no-detach", "--address", "127.0.0.1", "--port", fmt.Sprint(rsyncBackend), "--config", configuration, "--log-file=/dev/stderr",
	}})
	awaitPort(t, i.network.target, loopback(rsyncBackend), daemon)
	i.addRoute(r.route(), rsyncListen, rsyncBackend)
	return r
}

func (r *rsync) route() string { return "rsync" }

func (r *rsync) words(marker string) []string { return []string{marker, "@RSYNCD:"} }

func (r *rsync) roundTrip(t *testing.T, marker string) {
	t.Helper()
	tree, restored := writeTree(t, marker), newFolder(t, "restored")
	remote := fmt.Sprintf("rsync://127.0.0.1:%d/vault/%s/", r.listen, marker)
	must(t, toolWithin, command{on: r.n.source, name: "rsync", arguments: []string{"rsync", "-a", tree + "/", remote}})
	compareTrees(t, tree, filepath.Join(r.module, marker))
	must(t, toolWithin, command{on: r.n.source, name: "rsync", arguments: []string{"rsync", "-a", remote, restored + "/"}})
	compareTrees(t, tree, restored)
}

// restic backs up to a REST server. It encrypts what it stores by itself, so that a capture shows only how it asks.
type restic struct {
	n          *network
	repository string
	set        []string
}

func newRestic(t *testing.T, i *installation) *restic {
	t.Helper()
	stored := newFolder(t, "restic")
	server := start(t, command{on: i.network.target, name: "rclone serve restic", arguments: []string{
		"rclone", "serve", "restic", "--addr", loopback(resticBackend), "--config", filepath.Join(stored, "none.conf"), stored,
	}})
	awaitPort(t, i.network.target, loopback(resticBackend), server)
	i.addRoute("restic", resticListen, resticBackend)
	r := &restic{n: i.network, repository: fmt.Sprintf("rest:http://%s/", loopback(resticListen)),
		set: []string{"RESTIC_PASSWORD=of the test only", "RESTIC_CACHE_DIR=" + newFolder(t, "cache")}}
	must(t, toolWithin, r.command("init"))
	return r
}

func (r *restic) route() string { return "restic" }

func (r *restic) words(string) []string {
	return []string{"application/vnd.x.restic.rest", "Go-http-client"}
}

func (r *restic) command(arguments ...string) command {
	return command{on: r.n.source, name: "restic", set: r.set, arguments: append([]string{"restic", "--repo", r.repository}, arguments...)}
}

func (r *restic) roundTrip(t *testing.T, marker string) {
	t.Helper()
	tree, restored := writeTree(t, marker), newFolder(t, "restored")
	must(t, toolWithin, r.command("backup", "--tag", marker, tree))
	must(t, toolWithin, r.command("restore", "latest", "--tag", marker, "--target", restored))
	compareTrees(t, tree, filepath.Join(restored, tree))
}

// awaitPort waits until somebody listens on a port of the host.
func awaitPort(t *testing.T, on *host, address string, who *process) {
	t.Helper()
	eventually(t, time.Minute, who.name+" listens", func() error {
		if who.ended() {
			return hopeless("it has ended: %v", who.err)
		}
		conn, err := on.dial(address, time.Second)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// postgresFolder is where the newest PostgreSQL of this machine has its programs.
func postgresFolder() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	newest, version := "", 0
	for _, path := range found {
		folder := filepath.Dir(path)
		if number, err := strconv.Atoi(filepath.Base(filepath.Dir(folder))); err == nil && number > version {
			newest, version = folder, number
		}
	}
	if newest == "" {
		return "", errors.New("initdb is missing (Debian's package postgresql)")
	}
	return newest, nil
}

// postgres is a cluster of its own on the target, backed up by pg_basebackup from the source: a route that pulls.
type postgres struct {
	n    *network
	bin  string
	home string // an empty folder that its user may enter
}

const postgresUser = "postgres"

func newPostgres(t *testing.T, i *installation) *postgres {
	t.Helper()
	bin, err := postgresFolder()
	if err != nil {
		t.Fatal(err)
	}
	p := &postgres{n: i.network, bin: bin, home: ownedFolder(t, "pghome", postgresUser)}
	data := filepath.Join(ownedFolder(t, "pgdata", postgresUser), "cluster")
	must(t, toolWithin, p.command(i.network.target, "initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--pgdata", data))
	p.serve(t, i.network.target, data, postgresBackend)
	i.addRoute(p.route(), postgresListen, postgresBackend, "--flow", "pull")
	return p
}

func (p *postgres) route() string { return "pg_basebackup" }

func (p *postgres) words(marker string) []string { return []string{marker, "BASE_BACKUP"} }

func (p *postgres) command(on *host, program string, arguments ...string) command {
	return command{on: on, name: program, as: postgresUser, folder: p.home, arguments: append([]string{filepath.Join(p.bin, program)}, arguments...)}
}

// serve starts a server on a cluster and waits until it answers.
func (p *postgres) serve(t *testing.T, on *host, data string, port int) *process {
	t.Helper()
	server := start(t, p.command(on, "postgres", "-D", data, "-p", fmt.Sprint(port), "-h", "127.0.0.1", "-k", "", // two of them on two hosts would share a folder of sockets

		"-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=20", "-c", "shared_buffers=16MB"))
	eventually(t, time.Minute, "PostgreSQL answers", func() error {
		if server.ended() {
			return hopeless("it has ended: %v", server.err)
		}
		_, err := output(t, commandWithin, p.query(on, port, "SELECT 1"))
		return err
	})
	return server
}

func (p *postgres) query(on *host, port int, sql string) command {
	return p.command(on, "psql", "-h", "127.0.0.1", "-p", fmt.Sprint(port), "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-qAtc", sql)
}

func (p *postgres) roundTrip(t *testing.T, marker string) {
	t.Helper()
	must(t, toolWithin, p.query(p.n.target, postgresBackend, fmt.Sprintf(
		"DROP TABLE IF EXISTS vault; CREATE TABLE vault AS SELECT number, '%s and text' AS words, random() AS chance FROM generate_series(1, 50000) AS number", marker)))
	restored := filepath.Join(ownedFolder(t, "pgrestored", postgresUser), "cluster")
	must(t, toolWithin, p.command(p.n.source, "pg_basebackup", "-h", "127.0.0.1", "-p", fmt.Sprint(postgresListen),
		"-D", restored, "-X", "stream", "-c", "fast", "--no-sync", "--no-password"))
	// Every file and the write-ahead log against the manifest that the server made.
	must(t, toolWithin, p.command(p.n.source, "pg_verifybackup", restored))
	if content, err := os.ReadFile(filepath.Join(restored, "PG_VERSION")); err != nil || len(content) == 0 {
		t.Fatalf("the backup is no cluster: %v", err)
	}
	server := p.serve(t, p.n.source, restored, postgresBackend)
	want := p.dump(t, p.n.target)
	if got := p.dump(t, p.n.source); got != want || strings.Count(got, marker) != 50000 {
		t.Errorf("the restored database differs: %d bytes of %d, the marker %d times", len(got), len(want), strings.Count(got, marker))
	}
	if err := server.stop(); err != nil {
		t.Error(err)
	}
}

// dump gives the database as SQL, without the lines that hold a random word of each dump.
func (p *postgres) dump(t *testing.T, on *host) string {
	t.Helper()
	out := must(t, toolWithin, p.command(on, "pg_dump", "-h", "127.0.0.1", "-p", fmt.Sprint(postgresBackend), "-d", "postgres"))
	return regexp.MustCompile(`(?m)^\\(un)?restrict .*$`).ReplaceAllString(out, "")
}
