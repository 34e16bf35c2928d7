package prescribed

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows/registry"

	"lockwire/engine"
)

// ownSource is a source in a place of this user's registry that is the test's alone.
func ownSource(t *testing.T) registrySource {
	t.Helper()
	const path = `SOFTWARE\LockwireTest`
	key, _, err := registry.CreateKey(registry.CURRENT_USER, path, registry.ALL_ACCESS|registry.WOW64_64KEY)
	if err != nil {
		t.Fatal(err)
	}
	key.Close()
	t.Cleanup(func() {
		_ = registry.DeleteKey(registry.CURRENT_USER, path+`\`+keyName)
		_ = registry.DeleteKey(registry.CURRENT_USER, path)
	})
	return registrySource{registry.CURRENT_USER, path, "HKEY_CURRENT_USER"}
}

// set does something with the key, which it makes where it is not there.
func set(t *testing.T, s registrySource, do func(registry.Key) error) {
	t.Helper()
	key, _, err := registry.CreateKey(s.root, s.path+`\`+keyName, registry.ALL_ACCESS|registry.WOW64_64KEY)
	if err != nil {
		t.Fatal(err)
	}
	defer key.Close()
	if err := do(key); err != nil {
		t.Fatal(err)
	}
}

func dword(value uint32) func(registry.Key) error {
	return func(key registry.Key) error { return key.SetDWordValue(engine.OverrideSetting, value) }
}

func TestWhatTheRegistryPrescribes(t *testing.T) {
	s := ownSource(t)
	if got := s.Read(); !got.Same(engine.Prescription{}) {
		t.Errorf("without a key it prescribes %+v", got)
	}
	for name, test := range map[string]struct {
		do      func(registry.Key) error
		want    int // -1: nothing
		problem string
	}{
		"no value":       {func(registry.Key) error { return nil }, -1, ""},
		"0":              {dword(0), 0, ""},
		"1":              {dword(1), 1, ""},
		"2":              {dword(2), 0, "neither 0 nor 1"},
		"a text":         {func(k registry.Key) error { return k.SetStringValue(engine.OverrideSetting, "1") }, 0, "no REG_DWORD"},
		"eight bytes":    {func(k registry.Key) error { return k.SetQWordValue(engine.OverrideSetting, 1) }, 0, "no REG_DWORD"},
		"four raw bytes": {func(k registry.Key) error { return k.SetBinaryValue(engine.OverrideSetting, []byte{1, 0, 0, 0}) }, 0, "no REG_DWORD"},
	} {
		t.Run(name, func(t *testing.T) {
			_ = registry.DeleteKey(s.root, s.path+`\`+keyName)
			set(t, s, test.do)
			got := s.Read()
			if test.want < 0 && got.Override != nil || test.want >= 0 && (got.Override == nil || *got.Override != test.want) || !strings.Contains(got.Problem, test.problem) || (test.problem == "") != (got.Problem == "") {
				t.Errorf("it prescribes %+v", got)
			}
		})
	}
}

func TestAChangeOfTheRegistryIsNoticed(t *testing.T) {
	s := ownSource(t)
	ctx, cancel := context.WithCancel(t.Context())
	seen, ended := make(chan engine.Prescription, 100), make(chan struct{})
	go func() {
		defer close(ended)
		s.Watch(ctx, func(p engine.Prescription) { seen <- p })
	}()
	await := func(what string, want engine.Prescription) {
		t.Helper()
		began := time.Now()
		for {
			select {
			case got := <-seen:
				if got.Same(want) {
					t.Logf("%s: noticed after %s", what, time.Since(began).Round(time.Millisecond))
					return
				}
			case <-time.After(lookEvery / 2): // well before it looks anyway
				t.Fatalf("%s is not noticed", what)
			}
		}
	}
	await("nothing", engine.Prescription{})
	set(t, s, dword(1))
	await("a key and its value", engine.Prescribed(1, s.by()))
	set(t, s, dword(0))
	await("another value", engine.Prescribed(0, s.by()))
	set(t, s, func(k registry.Key) error { return k.DeleteValue(engine.OverrideSetting) })
	await("the value's end", engine.Prescription{})
	set(t, s, dword(1))
	await("the value again", engine.Prescribed(1, s.by()))
	if err := registry.DeleteKey(s.root, s.path+`\`+keyName); err != nil {
		t.Fatal(err)
	}
	await("the key's end", engine.Prescription{})
	set(t, s, dword(1))
	await("the key again", engine.Prescribed(1, s.by()))
	cancel()
	<-ended
}
