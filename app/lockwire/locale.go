package main

import (
	"cmp"
	"runtime"

	"github.com/jeandeaual/go-locale"

	"lockwire/ui/text"
)

// systemLocale is how this user's system writes times and numbers and orders names. A Unix system says each of them in a variable of its
// own; Windows has one name for all.
func systemLocale(getenv func(string) string) *text.Locale {
	if runtime.GOOS == "windows" {
		name, err := locale.GetLocale()
		if err != nil {
			name = ""
		}
		return text.NewLocale(name, name, name)
	}
	of := func(category string) string { return cmp.Or(getenv("LC_ALL"), getenv(category), getenv("LANG")) }
	return text.NewLocale(of("LC_TIME"), of("LC_NUMERIC"), of("LC_COLLATE"))
}
