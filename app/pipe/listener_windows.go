package pipe

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// bufferSize is that of each direction.
const bufferSize = 64 << 10

// listener is a pipe that was made here. Windows makes a pipe anew for each client: one waits for the next.
type listener struct {
	name    string
	access  *windows.SECURITY_DESCRIPTOR
	closed  windows.Handle // an event, set by Close
	closing sync.Once

	accepting sync.Mutex
	next      windows.Handle     // 0 once it is closed
	waiting   windows.Overlapped // of the call that waits for a client; the system writes to it, so that it may not move
}

// Listen makes the pipe that stands for a socket at a path. Its error is fs.ErrExist where somebody has made it already.
func Listen(path string) (net.Listener, error) {
	name, err := nameOf(path)
	if err != nil {
		return nil, err
	}
	own, err := ownSID()
	if err != nil {
		return nil, err
	}
	access, err := windows.SecurityDescriptorFromString(fmt.Sprintf("O:%[1]vD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;%[1]v)", own))
	if err != nil {
		return nil, err
	}
	l := &listener{name: name, access: access}
	if exists(name) {
		err = fs.ErrExist
	} else if l.next, err = l.make(windows.FILE_FLAG_FIRST_PIPE_INSTANCE); errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		err = fs.ErrExist // made since, perhaps by somebody else
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: address(name), Err: err}
	}
	if l.closed, err = windows.CreateEvent(nil, 1, 0, nil); err != nil {
		return nil, errors.Join(err, windows.CloseHandle(l.next))
	}
	return l, nil
}

var waitNamedPipe = windows.NewLazySystemDLL("kernel32.dll").NewProc("WaitNamedPipeW")

// exists tells whether there is a pipe of a name, without opening it.
func exists(name string) bool {
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return false
	}
	const millisecond = 1
	free, _, err := waitNamedPipe.Call(uintptr(unsafe.Pointer(text)), millisecond)
	return free != 0 || !errors.Is(err, windows.ERROR_FILE_NOT_FOUND)
}

// make makes the pipe for one client of this machine.
func (l *listener) make(first uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(l.name)
	if err != nil {
		return 0, err
	}
	attributes := windows.SecurityAttributes{SecurityDescriptor: l.access}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	return windows.CreateNamedPipe(name, windows.PIPE_ACCESS_DUPLEX|windows.FILE_FLAG_OVERLAPPED|first,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, windows.PIPE_UNLIMITED_INSTANCES, bufferSize, bufferSize, 0, &attributes)
}

// Accept waits for the next client.
func (l *listener) Accept() (net.Conn, error) {
	l.accepting.Lock()
	defer l.accepting.Unlock()
	if l.next == 0 {
		return nil, l.failed(net.ErrClosed)
	}
	if err := l.await(); err != nil {
		return nil, l.failed(err)
	}
	// The pipe for the one after it is there before anybody knows of this client.
	next, err := l.make(0)
	if err != nil {
		return nil, l.failed(errors.Join(err, windows.DisconnectNamedPipe(l.next)))
	}
	client := l.next
	l.next = next
	return newConn(client, l.name), nil
}

func (l *listener) failed(err error) error {
	return &net.OpError{Op: "accept", Net: network, Addr: l.Addr(), Err: err}
}

// await waits until a client has opened the next pipe, or the listener is closed.
func (l *listener) await() error {
	connected, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(connected)
	for {
		l.waiting = windows.Overlapped{HEvent: connected}
		err := windows.ConnectNamedPipe(l.next, &l.waiting)
		if errors.Is(err, windows.ERROR_IO_PENDING) {
			err = l.finish(connected)
		}
		switch {
		case err == nil, errors.Is(err, windows.ERROR_PIPE_CONNECTED): // the latter: it came before it was waited for
			return nil
		case errors.Is(err, windows.ERROR_NO_DATA): // it came and went
			if err := windows.DisconnectNamedPipe(l.next); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// finish waits for the end of a call that is under way, and calls it off when the listener is closed.
func (l *listener) finish(connected windows.Handle) error {
	which, err := windows.WaitForMultipleObjects([]windows.Handle{connected, l.closed}, false, windows.INFINITE)
	if err != nil || which != windows.WAIT_OBJECT_0 {
		windows.CancelIoEx(l.next, &l.waiting) // it fails where the call has just ended
	}
	var none uint32
	result := windows.GetOverlappedResult(l.next, &l.waiting, &none, true)
	if errors.Is(result, windows.ERROR_OPERATION_ABORTED) {
		result = net.ErrClosed
	}
	return errors.Join(err, result)
}

// Close ends Accept. Connections that were accepted go on.
func (l *listener) Close() error {
	err := error(&net.OpError{Op: "close", Net: network, Addr: l.Addr(), Err: net.ErrClosed})
	l.closing.Do(func() {
		err = windows.SetEvent(l.closed)
		l.accepting.Lock()
		defer l.accepting.Unlock()
		err = errors.Join(err, windows.CloseHandle(l.next), windows.CloseHandle(l.closed))
		l.next = 0
	})
	return err
}

// Addr is the pipe's name.
func (l *listener) Addr() net.Addr { return address(l.name) }

// conn is one end of a pipe.
type conn struct {
	*os.File
	at address
}

// newConn takes over the handle of an end.
func newConn(handle windows.Handle, name string) *conn {
	return &conn{os.NewFile(uintptr(handle), name), address(name)}
}

// LocalAddr is the pipe's name, at both ends.
func (c *conn) LocalAddr() net.Addr { return c.at }

// RemoteAddr is the pipe's name, at both ends.
func (c *conn) RemoteAddr() net.Addr { return c.at }

// network is what Go calls a network.
const network = "pipe"

// address is a pipe's name.
type address string

// Network implements net.Addr.
func (address) Network() string { return network }

func (a address) String() string { return string(a) }
