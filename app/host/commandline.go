package host

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"lockwire/engine"
)

// CommandLine writes a command so that a shell of this system reads its words unchanged.
func CommandLine(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		switch {
		case strings.HasPrefix(word, "--"): // a flag
			quoted[i] = word
		case runtime.GOOS == "windows" && word != "" && !strings.ContainsAny(word, " &|<>^%"):
			quoted[i] = word
		case runtime.GOOS == "windows": // no path and no address has this quote in it there
			quoted[i] = `"` + word + `"`
		default:
			quoted[i] = engine.InShell(word)
		}
	}
	return strings.Join(quoted, " ")
}

// GivenFlags are the flags that were given on a command line but for some, for another command that takes the same ones. A data folder
// becomes absolute: that command may run elsewhere.
func GivenFlags(flags *pflag.FlagSet, not ...string) []string {
	var words []string
	flags.Visit(func(f *pflag.Flag) {
		if slices.Contains(not, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if several, is := f.Value.(pflag.SliceValue); is {
			values = several.GetSlice()
		}
		for _, value := range values {
			switch {
			case f.Value.Type() == "bool":
				words = append(words, "--"+f.Name+"="+value)
				continue
			case f.Name == "data":
				if whole, err := filepath.Abs(value); err == nil {
					value = whole
				}
			}
			words = append(words, "--"+f.Name, value)
		}
	})
	return words
}
