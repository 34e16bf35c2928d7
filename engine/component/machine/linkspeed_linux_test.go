package machine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheFastestCardThatIsUpCounts(t *testing.T) {
	folder := t.TempDir()
	add := func(name, state, speed string, card bool) {
		path := filepath.Join(folder, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]string{"operstate": state, "speed": speed} {
			if err := os.WriteFile(filepath.Join(path, file), []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if card {
			if err := os.Mkdir(filepath.Join(path, "device"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := linkSpeed(folder); got != 0 {
		t.Errorf("without a card it is %d", got)
	}
	add("lo", "unknown", "", false)
	add("eth0", "up", "1000", true)
	add("eth1", "up", "10000", true)
	add("eth2", "down", "100000", true)
	add("virtio", "up", "-1", true)
	add("bridge", "up", "40000", false)
	if got, want := linkSpeed(folder), uint64(1.25e9); got != want {
		t.Errorf("it is %d, want %d", got, want)
	}
	if got := linkSpeed(filepath.Join(folder, "nothing")); got != 0 {
		t.Errorf("where the system says nothing it is %d", got)
	}
}
