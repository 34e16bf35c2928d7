package host

import (
	"path/filepath"
	"testing"

	"github.com/spf13/pflag"
)

func TestWhatWasGivenIsGivenOn(t *testing.T) {
	flags := pflag.NewFlagSet("install", pflag.ContinueOnError)
	flags.String("listen", ":1", "")
	flags.String("data", "", "")
	flags.String("log-level", "info", "")
	flags.Bool("calibrate", true, "")
	flags.Bool("token", false, "")
	flags.StringArray("interface", nil, "")
	flags.StringSlice("advertise", nil, "")
	flags.Duration("silence", 0, "")
	given := []string{"--listen", "10.0.0.1:7170", "--data", "a folder", "--calibrate=false", "--token", "--interface", "10.0.0.1", "--interface", "fd00::1", "--advertise", "a:1,b:2", "--silence", "90s"}
	if err := flags.Parse(given); err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Abs("a folder")
	if err != nil {
		t.Fatal(err)
	}
	want := "serve --advertise a:1 --advertise b:2 --calibrate=false --data '" + folder + "' --interface 10.0.0.1 --interface fd00::1 --listen 10.0.0.1:7170 --silence 1m30s"
	if got := CommandLine(append([]string{"serve"}, GivenFlags(flags, "token")...)...); got != want {
		t.Errorf("%s, wanted %s", got, want)
	}
}
