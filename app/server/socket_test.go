//go:build linux

package server

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"lockwire/engine"
)

// nobody is the uid and gid of an unprivileged user.
const nobody = 65534

func ownerOf(t *testing.T, path string) uint32 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Uid
}

// askAs asks the broker on a folder who one is, as a user of this machine.
func askAs(t *testing.T, folder string, uid, gid uint32) (string, error) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can act for another user")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	// The test program itself lies in a folder that only its owner can pass.
	scratch, err := os.MkdirTemp("", "lw")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(scratch) })
	program := filepath.Join(scratch, "ask")
	if err := errors.Join(os.Chmod(scratch, 0o755), os.WriteFile(program, text, 0o755)); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program)
	command.Env, command.Dir = []string{dialSocketOf + "=" + folder, "HOME=/"}, "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: []uint32{}}}
	out, err := command.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// openWide lets every user come to the socket, so that only the kernel's word on the peer stands in the way.
func openWide(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.Chmod(filepath.Dir(path), 0o755), os.Chmod(path, 0o711), os.Chmod(filepath.Join(path, socketFile), 0o666)); err != nil {
		t.Fatal(err)
	}
}

func TestTheSocketIsItsOwnersOrTheGroups(t *testing.T) {
	path := found(t)
	socket := filepath.Join(path, socketFile)
	listener, err := listenSocket(socket, "")
	if err != nil {
		t.Fatal(err)
	}
	checkMode(t, socket, 0o700)
	checkMode(t, path, 0o700)
	listener.Close()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a socket to any group")
	}
	if listener, err = listenSocket(socket, strconv.Itoa(nobody)); err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	checkMode(t, socket, 0o660)
	checkMode(t, path, 0o710)
	if info, err := os.Stat(socket); err != nil || info.Sys().(*syscall.Stat_t).Gid != nobody {
		t.Errorf("the socket's group: %+v, %v", info, err)
	}
}

// The service can change its folder while root works in it.
func TestNothingOutsideOfTheFolderIsOpenedToTheGroup(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a socket to any group")
	}
	folder, roots := t.TempDir(), filepath.Join(t.TempDir(), "key")
	socket := filepath.Join(folder, socketFile)
	if err := errors.Join(os.WriteFile(roots, nil, 0o600), os.Symlink(roots, socket)); err != nil {
		t.Fatal(err)
	}
	if err := openToGroup(socket, strconv.Itoa(nobody)); err == nil {
		t.Error("a link in place of the socket was taken for it")
	}
	checkMode(t, roots, 0o600)
	if info, err := os.Stat(roots); err != nil || info.Sys().(*syscall.Stat_t).Gid == nobody {
		t.Errorf("the file's group: %+v, %v", info, err)
	}
}

// The mask is the whole process's: what others make meanwhile must stay usable for their owner.
func TestAFolderThatIsMadeWhileTheSocketIsCanBePassed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder")
	restore := tightenMask()
	err := os.Mkdir(path, 0o777)
	restore()
	if err != nil {
		t.Fatal(err)
	}
	checkMode(t, path, 0o700)
}

func checkMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: %v, %v, wanted %v", path, info.Mode(), err, want)
	}
}

func TestAnotherUserIsKeptOutByTheModeAndByTheKernelsWord(t *testing.T) {
	running := serve(t, newFolder(t))
	if out, err := askAs(t, running.path, nobody, nobody); err == nil || !strings.Contains(out, "permission denied") {
		t.Errorf("by the mode: %q, %v", out, err)
	}
	openWide(t, running.path)
	if out, err := askAs(t, running.path, nobody, nobody); err == nil || !strings.Contains(out, "refused") {
		t.Errorf("by the kernel's word: %q, %v", out, err)
	}
}

func TestAMemberOfTheGroupIsLetInAndNamed(t *testing.T) {
	path := found(t)
	if err := os.Chmod(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	folder := open(t, path)
	listener, err := listenSocket(filepath.Join(path, socketFile), strconv.Itoa(nobody))
	if err != nil {
		t.Skip("the socket cannot be given away:", err)
	}
	server, ended := newSocketServer(t, folder, strconv.Itoa(nobody)), make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	defer func() { server.Stop(); <-ended }()
	out, err := askAs(t, path, nobody-1, nobody)
	if err != nil || out != "uid 65533" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestWhoeverIsNotKnownByTheKernelIsRefused(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	if _, _, err := (socketCredentials{}).ServerHandshake(ours); err == nil {
		t.Error("a connection that is no local socket was let in")
	}
	if _, err := socketActor(t.Context()); !errors.Is(err, engine.ErrNotAllowed) {
		t.Errorf("a call without a peer: %v", err)
	}
	for _, test := range []struct {
		peer  socketPeer
		group string
		want  bool
	}{
		{socketPeer{uid: 0}, "", true},
		{socketPeer{uid: uint32(os.Geteuid())}, "", true},
		{socketPeer{uid: 4242, gid: 4242}, "", false},
		{socketPeer{uid: 4242, gid: 4242}, "4243", false},
		{socketPeer{uid: 4242, gid: 4243}, "4243", true},
	} {
		if got := test.peer.mayAdminister(test.group); got != test.want {
			t.Errorf("uid %d, gid %d, group %q: %v", test.peer.uid, test.peer.gid, test.group, got)
		}
	}
}

func TestAPathThatIsTooLongForASocketIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	err := Serve(t.Context(), ServeOptions{Options: Options{Path: path}, Listen: "127.0.0.1:0"})
	if err == nil || !strings.Contains(err.Error(), "--data") || !strings.Contains(err.Error(), "107") {
		t.Error(err)
	}
}

func TestWhatRootWritesStaysTheServices(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	path := found(t)
	if err := os.Chown(path, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).SealAuthority([]byte("correct horse battery")); err != nil {
		t.Fatal(err)
	}
	if uid := ownerOf(t, filepath.Join(path, authorityFile)); uid != nobody {
		t.Errorf("the authority's file belongs to uid %d", uid)
	}
}
