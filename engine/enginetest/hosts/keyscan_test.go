//go:build linux

package hosts

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lockwire/engine"
	"lockwire/engine/component/machine"
	"lockwire/engine/identity"
)

// Kinds of keys, as the programs name them.
const (
	sessionKey = "session key"
	oneTimeKey = "one-time key"
	chainKey   = "chain" // from which the next connection that joins has its keys
	doorKey    = "door"  // that tells whose join is worth a look
	channelKey = "key"
	nextKey    = "secret" // from which a direction's next key is made
)

// unprivileged is a user that is nobody in particular.
const unprivileged = "nobody"

// keysOf are the keys of one program, and the process whose memory may hold them.
type keysOf struct {
	name    string
	file    string
	process *process
}

func (k keysOf) read(t *testing.T) []madeKey {
	t.Helper()
	keys := readKeys(t, k.file)
	if len(keys) == 0 {
		t.Fatalf("%s says nothing of its keys in %s", k.name, k.file)
	}
	return keys
}

// While a session lives the scan finds its keys, which shows that it can; once it has ended, in order, cut or by the death of the other end, no copy is left in
// any of the three processes, and none ever was in a file, a log or the process list.
func TestEndedSessionsLeaveNoKeyInMemory(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "203.0.113.7")
	i := newInstallationAs(t, n, scanPrograms(t), unprivileged)
	server := newBackend(t, n, 9001)
	i.addRoute("vault", 8001, 9001)
	programs := i.scanned()
	for _, p := range programs {
		checkUndumpable(t, p.process)
	}

	first, second := server.open(t, n, 8001), server.open(t, n, 8001)
	i.checkKeysInUse(t, programs)
	for _, f := range []flow{first, second} {
		if err := f.finish(); err != nil {
			t.Fatal(err)
		}
	}
	i.checkReceipts(t, engine.Sealed, 1)
	i.checkKeysGone(t, programs)

	server.open(t, n, 8001)
	i.lockwired("sessions", "cut", string(i.oneSession("vault").ID))
	i.checkReceipts(t, engine.Sealed, 2)
	i.checkKeysGone(t, programs)

	// The source is killed: the end that is left lets go of the key by itself.
	server.open(t, n, 8001)
	i.awaitFlows("vault", 1)
	i.source.kill()
	eventually(t, receiptWithin, "the target has wiped its key", func() error {
		if live := i.sessions("vault"); len(live) != 1 || live[0].Key.DestroyedTarget.IsZero() {
			return fmt.Errorf("the sessions are %+v", live)
		}
		return nil
	})
	i.checkKeysGone(t, []keysOf{programs[0], programs[2]})
	i.startAgent(i.source)
	i.awaitAttached(attachWithin, i.source)
	i.awaitReceipts("vault", 3)
	eventually(t, time.Minute, "the source listens again", func() error { return i.listening("vault") })
	programs = i.scanned()

	i.override() // a plain session has a key too, which proves who opens a flow
	if err := server.open(t, n, 8001).finish(); err != nil {
		t.Fatal(err)
	}
	i.checkReceipts(t, engine.Plain, 4)
	i.checkKeysGone(t, programs)
	i.checkNothingKept(t, programs)
}

// scanned are the processes that handle keys, as they run now.
func (i *installation) scanned() []keysOf {
	return []keysOf{{"broker", i.keys("broker"), i.broker}, {"source", i.source.keys(), i.source.process}, {"target", i.target.keys(), i.target.process}}
}

// checkReceipts waits until the last of so many sessions has left a complete receipt, and compares its mode.
func (i *installation) checkReceipts(t *testing.T, mode engine.Mode, sessions int) {
	t.Helper()
	receipts := i.awaitReceipts("vault", sessions)
	if len(receipts) != sessions {
		t.Fatalf("%d receipts, not %d", len(receipts), sessions)
	}
	last := &receipts[sessions-1]
	if checkComplete(t, last); last.Decision.Mode != mode {
		t.Errorf("the session was %s, not %s", last.Decision.Mode, mode)
	}
}

// checkKeysInUse shows that the scan finds what is there. The broker has wiped its copy by then.
func (i *installation) checkKeysInUse(t *testing.T, programs []keysOf) {
	t.Helper()
	for _, p := range programs {
		keys := p.read(t)
		found := scanProcess(t, p.process, newWanted(keys))
		byKind := map[string]int{}
		for _, key := range keys {
			if found.sightings[key.digest] > 0 {
				byKind[key.kind]++
			}
		}
		t.Logf("live, %s: %d MB scanned, of %d keys there are %v", p.name, found.bytes>>20, len(keys), byKind)
		if p.name == "broker" {
			if byKind[sessionKey] > 0 {
				t.Errorf("the broker holds %d session keys after it has sealed them", byKind[sessionKey])
			}
			continue
		}
		// The first connection founded the chain, and the second has joined by it: from then on nobody needs K.
		if byKind[sessionKey] > 0 {
			t.Errorf("%s: %d session keys are there although a connection has joined", p.name, byKind[sessionKey])
		}
		for kind, least := range map[string]int{chainKey: 1, doorKey: 1, oneTimeKey: 1, channelKey: 4, nextKey: 4} { // two flows, two directions
			if byKind[kind] < least {
				t.Errorf("%s: the scan finds %d of the kind %q that are in use, not %d", p.name, byKind[kind], kind, least)
			}
		}
	}
}

// checkKeysGone scans each process for the keys of all. Only one-time keys that were not used yet may be there: as many as
// were made, less one for each session key that was opened with one.
func (i *installation) checkKeysGone(t *testing.T, programs []keysOf) {
	t.Helper()
	var all []madeKey
	for _, p := range programs {
		all = append(all, p.read(t)...)
	}
	known := i.knownToBroker(t)
	w := newWanted(all, known)
	for _, p := range programs {
		made, used := 0, 0
		for _, key := range p.read(t) {
			switch key.kind {
			case oneTimeKey:
				made++
			case sessionKey:
				used++
			}
		}
		found := scanProcess(t, p.process, w)
		left, unused := map[string]int{}, 0
		for _, key := range all {
			switch times := found.sightings[key.digest]; {
			case times == 0:
			case key.kind == oneTimeKey && slices.Contains(p.read(t), key):
				unused++
				if times > 1 {
					t.Errorf("%s holds %d copies of an unused one-time key", p.name, times)
				}
			default:
				left[key.kind] += times
			}
		}
		t.Logf("ended, %s: %d MB scanned for %d keys; %d of its %d one-time keys are unused", p.name, found.bytes>>20, len(all), unused, made)
		if len(left) > 0 {
			t.Errorf("%s still holds, by kind: %v", p.name, left)
		}
		// That the scan still finds what is there: here the components' public keys, there what is unused.
		for _, key := range known {
			if p.name == "broker" && found.sightings[key.digest] == 0 {
				t.Errorf("the scan of the broker does not find the %s", key.kind)
			}
		}
		if p.name != "broker" && unused == 0 {
			t.Errorf("the scan of %s finds no one-time key that waits for its use", p.name)
		}
		if unused > max(made-used, 0) {
			t.Errorf("%s holds %d one-time keys, of %d that it made and %d that it used", p.name, unused, made, used)
		}
	}
}

// knownToBroker are 32 bytes, no secret, that the broker holds of each component as long as it is attached: the hash of its key.
func (i *installation) knownToBroker(t *testing.T) (known []madeKey) {
	t.Helper()
	for _, a := range []*agent{i.source, i.target} {
		directories, err := identity.Directories(machine.AttachmentsFolder(a.folder))
		if err != nil || len(directories) != 1 {
			t.Fatalf("%d attachments of %s: %v", len(directories), a.name, err)
		}
		id := directories[0].KeyID()
		known = append(known, madeKey{"key id of " + a.name, sha256.Sum256(id[:])})
	}
	return known
}

// checkNothingKept looks for every key in the files of broker and agents, in their logs and in the process list.
func (i *installation) checkNothingKept(t *testing.T, programs []keysOf) {
	t.Helper()
	var all []madeKey
	for _, p := range programs {
		all = append(all, p.read(t)...)
	}
	w := newWanted(all)
	look := func(where string, text []byte) {
		found := sightings{}
		if w.scanText(text, found); len(found) > 0 {
			t.Errorf("%s holds %d keys", where, len(found))
		}
	}
	looked := 0
	for _, folder := range []string{i.folder, i.source.folder, i.target.folder} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			if err == nil {
				look(path, content)
				looked++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if looked < 5 {
		t.Errorf("only %d files were looked at", looked)
	}
	for _, p := range programs {
		look("the log of "+p.name, []byte(p.process.log.String()))
	}
	for where, text := range processList(t) {
		look(where, text)
	}
}

// processList gives the command line and the environment of every process, by their path.
func processList(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, name := range []string{"cmdline", "environ"} {
		paths, err := filepath.Glob("/proc/[0-9]*/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if text, err := os.ReadFile(path); err == nil && len(text) > 0 { // it may have ended meanwhile
				all[path] = text
			}
		}
	}
	if len(all) < 4 {
		t.Fatalf("the process list has only %d entries", len(all))
	}
	return all
}

// checkUndumpable fails unless a process, which must not be root's, writes no core file and is closed to debuggers of its own user.
func checkUndumpable(t *testing.T, p *process) {
	t.Helper()
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(limits)) {
		if rest, found := strings.CutPrefix(line, "Max core file size"); found {
			if fields := strings.Fields(rest); fields[0] != "0" || fields[1] != "0" {
				t.Errorf("%s may write core files: %s", p.name, line)
			}
		}
	}
	// The kernel gives the files of a process that is not dumpable to root.
	info, err := os.Stat(fmt.Sprintf("/proc/%d/mem", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	if info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("%s is open to debuggers of its own user", p.name)
	}
}

// A join token is never in a process list, not even while the broker keeps the agent waiting; and given as an argument it is refused.
func TestNoTokenInAProcessListWhileJoining(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, v4, "")
	i := &installation{t: t, root: t, network: n, programs: releasePrograms(t), folder: filepath.Join(newFolder(t, "broker"), "data")}
	i.startBroker(n.broker)
	a := i.newAgent("source", n.source)
	token := i.token(a.name)
	// A word that is in the process list is found there.
	word := rand.Text()
	start(t, command{name: "a word in the list", arguments: []string{"sh", "-c", "read line", word}, input: stopped(t)})
	lists := func(text string) (paths []string) {
		for path, content := range processList(t) {
			if bytes.Contains(content, []byte(text)) {
				paths = append(paths, path)
			}
		}
		return paths
	}
	if len(lists(word)) == 0 {
		t.Fatal("a word on a command line is not found in the process list")
	}

	if err := i.broker.signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c := i.joinCommand(a)
	c.input = strings.NewReader(token + "\n")
	joining := start(t, c)
	eventually(t, commandWithin, "the agent has connected to the broker", func() error { return connected(joining.pid, n.broker, brokerPort) })
	for _, path := range lists(token) {
		t.Errorf("the token is in %s", path)
	}
	if err := i.broker.signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if <-joining.done; joining.err != nil {
		t.Fatalf("join: %v\n%s", joining.err, joining.log)
	}
	if strings.Contains(joining.log.String()+i.broker.log.String(), token) {
		t.Error("the token is in what the programs say")
	}

	b := i.newAgent("other", n.target)
	other := i.token(b.name)
	refused := i.joinCommand(b)
	refused.arguments = append(refused.arguments, other)
	if _, err := output(t, commandWithin, refused); err == nil || !strings.Contains(err.Error(), "token-file") {
		t.Errorf("a token as an argument: %v", err)
	}
}

// stopped is an input that stays open, and silent, until the test ends.
func stopped(t *testing.T) *os.File {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close(); writer.Close() })
	return reader
}

// connected tells whether a process's host has a connection to a port of another host, as the kernel has it.
func connected(pid int, to *host, port int) error {
	table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/tcp", pid))
	if err != nil {
		return err
	}
	four := to.address.As4()
	wanted := fmt.Sprintf("%02X%02X%02X%02X:%04X 01", four[3], four[2], four[1], four[0], port) // 01: established
	if !strings.Contains(string(table), wanted) {
		return fmt.Errorf("the table of connections has no %s", wanted)
	}
	return nil
}

// The scanner finds a key wherever it lies, in whatever form, and nothing else.
func TestTheScannerFindsAKeyWhereverItLies(t *testing.T) {
	t.Parallel()
	key := make([]byte, keySize)
	rand.Read(key)
	w := newWanted([]madeKey{{sessionKey, sha256.Sum256(key)}})
	const size = 3 * pageSize
	for _, at := range []int{0, 1, 31, 33, pageSize - keySize, pageSize - 31, pageSize - 1, pageSize, 2*pageSize - 7, size - keySize} {
		for _, filled := range []bool{false, true} {
			memory := make([]byte, size)
			if filled {
				rand.Read(memory)
			}
			copy(memory[at:], key)
			for _, border := range []int64{size, pageSize, int64(max(at+5, 1)), int64(max(at, 1))} {
				found := sightings{}
				for _, r := range []region{{0, border, size}, {border, size, size}} {
					if r.from < r.to {
						runs, err := readRegion(bytes.NewReader(memory), r)
						if err != nil {
							t.Fatal(err)
						}
						for _, run := range runs {
							w.scan(run, found)
						}
					}
				}
				if len(found) != 1 || found[sha256.Sum256(key)] != 1 {
					t.Errorf("a key at %d of %d, border at %d, filled %t: found %v", at, size, border, filled, found)
				}
			}
		}
	}
	for name, text := range map[string]string{
		"raw": string(key), "hexadecimal": hex.EncodeToString(key), "upper case": strings.ToUpper(hex.EncodeToString(key)),
		"base64": base64.StdEncoding.EncodeToString(key), "base64 for addresses": base64.RawURLEncoding.EncodeToString(key),
	} {
		found := sightings{}
		if w.scanText([]byte("key="+text+" and more"), found); len(found) != 1 {
			t.Errorf("%s: found %v", name, found)
		}
	}
	found := sightings{}
	if w.scanText(marked(hex.EncodeToString(key[:31]), 1<<16), found); len(found) != 0 {
		t.Errorf("found %v where there is none", found)
	}
}
