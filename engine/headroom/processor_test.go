package headroom

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/cpuid/v2"

	"lockwire/engine"
)

func TestInstructionsAreNamed(t *testing.T) {
	for _, test := range []struct {
		name     string
		brand    string
		features []cpuid.FeatureID
		want     engine.Processor
	}{
		{"x86 with VAES", "Intel(R)  Xeon(R)\x00 ", []cpuid.FeatureID{cpuid.VAES, cpuid.AESNI}, engine.Processor{Name: "Intel(R) Xeon(R)", Cores: 3, AES: []string{"AES-NI", "VAES"}}},
		{"ARM without a name", "", []cpuid.FeatureID{cpuid.AESARM}, engine.Processor{Name: "arm64", Cores: 3, AES: []string{"ARMv8 AES"}}},
		{"none", "Old one", []cpuid.FeatureID{cpuid.SSE2}, engine.Processor{Name: "Old one", Cores: 3}},
		{"a long name", strings.Repeat("x", 1000), nil, engine.Processor{Name: strings.Repeat("x", maximumName), Cores: 3}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := describe(test.brand, "arm64", 3, func(f cpuid.FeatureID) bool { return slices.Contains(test.features, f) })
			if got.Name != test.want.Name || got.Cores != test.want.Cores || !slices.Equal(got.AES, test.want.AES) {
				t.Fatalf("got %+v, want %+v", got, test.want)
			}
			if got.HasAES() != (len(test.want.AES) > 0) {
				t.Fatalf("HasAES is %v", got.HasAES())
			}
		})
	}
}

// The kernel's own list of this machine's features must agree.
func TestThisMachineIsDescribedAsTheKernelDoes(t *testing.T) {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || runtime.GOARCH != "amd64" {
		t.Skip("only Linux on amd64 lists the features in a form that can be compared")
	}
	got := Processor()
	for name, flag := range map[string]string{"AES-NI": "aes", "VAES": "vaes"} {
		if want := slices.Contains(strings.Fields(string(text)), flag); slices.Contains(got.AES, name) != want {
			t.Errorf("%s: the kernel says %v, we say %q", name, want, got.AES)
		}
	}
	if got.Name == "" || got.Cores < 1 {
		t.Errorf("got %+v", got)
	}
}
