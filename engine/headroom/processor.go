package headroom

import (
	"crypto/fips140"
	"runtime"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"lockwire/engine"
)

// maximumName bounds the processor's name, which comes from the processor or the hypervisor.
const maximumName = 128

// Processor describes the processor that the program runs on. Cores counts those that the program may use, which a
// container's limits can make fewer than the machine has.
func Processor() engine.Processor {
	return describe(cpuid.CPU.BrandName, runtime.GOARCH, runtime.GOMAXPROCS(0), func(f cpuid.FeatureID) bool { return cpuid.CPU.Supports(f) })
}

// aesInstructions are those that make AES fast, by the name that administrators know and the architecture that has them.
var aesInstructions = []struct {
	feature cpuid.FeatureID
	name    string
}{
	{cpuid.AESNI, "AES-NI"},
	{cpuid.VAES, "VAES"},
	{cpuid.AESARM, "ARMv8 AES"},
}

func describe(brand, architecture string, cores int, has func(cpuid.FeatureID) bool) engine.Processor {
	processor := engine.Processor{Name: printable(brand), Cores: cores}
	if processor.Name == "" {
		processor.Name = architecture // many ARM processors have no name
	}
	for _, instruction := range aesInstructions {
		if has(instruction.feature) {
			processor.AES = append(processor.AES, instruction.name)
		}
	}
	return processor
}

// printable keeps what may stand on a screen, with single spaces.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	return text[:min(len(text), maximumName)]
}

// Cipher is the one that a component with such a processor is measured with: what the broker chooses for its sessions, as far
// as that depends on it.
func Cipher(p engine.Processor) engine.Cipher {
	if p.HasAES() || fips140.Enforced() {
		return engine.AES256GCM
	}
	return engine.ChaCha20Poly1305
}
