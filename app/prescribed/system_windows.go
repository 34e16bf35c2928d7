package prescribed

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"lockwire/engine"
)

const (
	parentPath = `SOFTWARE`
	keyName    = `Lockwire`

	// lookEvery is how often the registry is read anyway, and lookAgain how soon where it cannot be watched.
	lookEvery = time.Minute
	lookAgain = 2 * time.Second
)

// System is the registry of this machine.
func System() Source { return registrySource{registry.LOCAL_MACHINE, parentPath, "HKEY_LOCAL_MACHINE"} }

// registrySource is the value OverrideSetting of the key Lockwire under a path of a root.
type registrySource struct {
	root registry.Key
	path string // of the key's parent
	name string // the root's
}

// by names the value in words.
func (s registrySource) by() string {
	return fmt.Sprintf(`the registry of the broker's machine (%s\%s\%s, value %s)`, s.name, s.path, keyName, engine.OverrideSetting)
}

// wrong is a value that cannot be taken. It counts as 0: what is not understood turns no encryption off.
func (s registrySource) wrong(format string, arguments ...any) engine.Prescription {
	p := engine.Prescribed(0, s.by())
	p.Problem = fmt.Sprintf(format, arguments...) + "; it counts as 0"
	return p
}

// Read gives nothing where there is no such key or value.
func (s registrySource) Read() engine.Prescription {
	key, err := registry.OpenKey(s.root, s.path+`\`+keyName, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if errors.Is(err, registry.ErrNotExist) {
		return engine.Prescription{}
	}
	if err != nil {
		return s.wrong("the key cannot be opened: %v", err)
	}
	defer key.Close()
	buffer := make([]byte, 4)
	length, kind, err := key.GetValue(engine.OverrideSetting, buffer)
	switch {
	case errors.Is(err, registry.ErrNotExist):
		return engine.Prescription{}
	case err != nil && !errors.Is(err, registry.ErrShortBuffer):
		return s.wrong("the value cannot be read: %v", err)
	case kind != registry.DWORD || length != len(buffer):
		return s.wrong("the value is no REG_DWORD")
	}
	switch value := uint32(buffer[0]) | uint32(buffer[1])<<8 | uint32(buffer[2])<<16 | uint32(buffer[3])<<24; value {
	case 0, 1:
		return engine.Prescribed(int(value), s.by())
	default:
		return s.wrong("the value is %d, neither 0 nor 1", value)
	}
}

// Watch asks for a notification before it reads, so that no change falls between.
func (s registrySource) Watch(ctx context.Context, each func(engine.Prescription)) {
	runtime.LockOSThread() // a notification ends with the thread that asked for it
	defer runtime.UnlockOSThread()
	changed, err := windows.CreateEvent(nil, 0, 0, nil)
	if err != nil {
		s.poll(ctx, each)
		return
	}
	defer windows.CloseHandle(changed)
	done, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		s.poll(ctx, each)
		return
	}
	defer windows.CloseHandle(done)
	told := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(told)
		_ = windows.SetEvent(done)
	})
	defer func() {
		if !stop() {
			<-told // before the handle is closed
		}
	}()
	for ctx.Err() == nil {
		held, wait := s.notify(changed)
		each(s.Read())
		_, _ = windows.WaitForMultipleObjects([]windows.Handle{changed, done}, false, uint32(wait.Milliseconds()))
		for _, key := range held {
			key.Close()
		}
		_ = windows.ResetEvent(changed) // closing a key that is still watched sets it, too
	}
}

// notify has an event set when the value changes, or when the key is made or removed: only the key above it tells of that. The keys
// that it gives are to be held until then.
func (s registrySource) notify(changed windows.Handle) (held []registry.Key, wait time.Duration) {
	wait = lookEvery
	for _, watched := range []struct {
		path   string
		filter uint32
	}{ // in this order, so that a key that is made meanwhile is noticed by the one or by the other
		{s.path, windows.REG_NOTIFY_CHANGE_NAME},
		{s.path + `\` + keyName, windows.REG_NOTIFY_CHANGE_LAST_SET},
	} {
		key, err := registry.OpenKey(s.root, watched.path, registry.NOTIFY|registry.WOW64_64KEY)
		if errors.Is(err, registry.ErrNotExist) {
			continue
		}
		if err == nil {
			held = append(held, key)
			err = windows.RegNotifyChangeKeyValue(windows.Handle(key), false, watched.filter, changed, true)
		}
		if err != nil {
			wait = lookAgain
		}
	}
	return held, wait
}

// poll reads again and again, where no event can be had.
func (s registrySource) poll(ctx context.Context, each func(engine.Prescription)) {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for ctx.Err() == nil {
		each(s.Read())
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}
