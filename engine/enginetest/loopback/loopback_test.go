package loopback

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// askFor, where it is set, makes the test program print addresses, one a line, and wait for the end of its input.
const askFor = "LOCKWIRE_TEST_PRINT_ADDRESSES"

func TestMain(m *testing.M) {
	if os.Getenv(askFor) != "" {
		for range 20 {
			address, err := FreeAddress()
			if err != nil {
				address = err.Error()
			}
			os.Stdout.WriteString(address + "\n")
		}
		os.Stdin.Read(make([]byte, 1))
		return
	}
	os.Exit(m.Run())
}

// What one test was given no other is, although nobody listens there yet.
func TestAnAddressIsGivenOnceInThisProcess(t *testing.T) {
	var mu sync.Mutex
	given := map[string]bool{}
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			for range blockSize / 16 {
				address, err := FreeAddress()
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				if given[address] {
					t.Errorf("%s was given twice", address)
				}
				given[address] = true
				mu.Unlock()
			}
		})
	}
	asking.Wait()
}

func TestAnAddressThatIsTakenIsPassedOver(t *testing.T) {
	first, err := FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", first)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for range 2 * blockSize { // round the block, and once more
		if again, err := FreeAddress(); err != nil || again == first {
			t.Fatalf("%s, %v", again, err)
		}
	}
}

func TestProcessesAtOnceAreGivenDifferentAddresses(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 4 {
		process := exec.Command(self)
		process.Env = append(os.Environ(), askFor+"=1")
		stop, err := process.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := process.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := process.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { stop.Close(); process.Wait() }() // at the end: all live at once
		text := ""
		for buffer := make([]byte, 4096); strings.Count(text, "\n") < 20; {
			n, err := out.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			text += string(buffer[:n])
		}
		for line := range strings.Lines(text) {
			if seen[line] || !strings.HasPrefix(line, "127.0.0.1:") {
				t.Errorf("given twice, or none: %q", line)
			}
			seen[line] = true
		}
	}
}
