package machine

import (
	"io/fs"
	"testing"
)

func TestMemoryOfAContainerIsItsLimit(t *testing.T) {
	for _, test := range []struct {
		name  string
		files map[string]string
		want  uint64
	}{
		{"a container sees its own group as the root", map[string]string{"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "536870912\n"}, 512 << 20},
		{"a service has a group below", map[string]string{"/proc/self/cgroup": "0::/system.slice/agent.service\n", "/sys/fs/cgroup/system.slice/agent.service/memory.max": "1073741824\n"}, 1 << 30},
		{"no limit", map[string]string{"/proc/self/cgroup": "0::/user\n", "/sys/fs/cgroup/user/memory.max": "max\n"}, 0},
		{"another system", nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := memoryLimit(func(name string) ([]byte, error) {
				text, ok := test.files[name]
				if !ok {
					return nil, fs.ErrNotExist
				}
				return []byte(text), nil
			})
			if got != test.want {
				t.Errorf("%d; want %d", got, test.want)
			}
		})
	}
}

func TestMemoryOfThisMachineIsKnown(t *testing.T) {
	if Memory() < 64<<20 {
		t.Errorf("this machine has %d bytes", Memory())
	}
}
