// Package atonce runs more tests at once than the machine has processors. It is for tests that mostly wait for real time to pass,
// each with addresses and folders of its own, and that do not judge how long something took.
package atonce

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// Main is TestMain of a package whose parallel tests may be so many at once. Who gives -parallel is obeyed.
func Main(m *testing.M, tests int) {
	Set(tests)
	os.Exit(m.Run())
}

// Set is Main for a TestMain that does more.
func Set(tests int) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given {
		return
	}
	if err := flag.Set("test.parallel", strconv.Itoa(tests)); err != nil {
		panic(err) // the testing package always has it
	}
}
