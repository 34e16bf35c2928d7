package lockwire_test

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says which package of ours may import which other. A package that is absent may import none.
// Test files are free, and so are engine/enginetest, engine/component/componenttest and ui/uitest, which only test files import.
var arrows = map[string][]string{
	"engine":                     {},
	"engine/disk":                {},
	"engine/network":             {"engine"},
	"engine/secret":              {"engine"},
	"engine/record":              {"engine"},
	"engine/policy":              {"engine"},
	"engine/exchange":            {"engine"},
	"engine/throttle":            {"engine"},
	"engine/alarm":               {"engine"},
	"engine/report":              {"engine/record", "engine"},
	"engine/tenancy":             {"engine"},
	"engine/names":               {"engine"},
	"engine/pump":                {"engine/network", "engine"},
	"engine/headroom":            {"engine"},
	"engine/wire":                {"engine"},
	"store":                      {"engine/record", "engine/disk", "engine"},
	"engine/identity":            {"engine/secret", "engine/disk", "engine"},
	"engine/session":             {"engine/secret", "engine"},
	"engine/channel/admission":   {"engine/network", "engine"},
	"engine/channel":             {"engine/channel/admission", "engine/secret", "engine/network", "engine"},
	"engine/headroom/calibrate":  {"engine/headroom", "engine/channel", "engine/pump", "engine/secret", "engine"},
	"engine/tunnel":              {"engine/identity", "engine/pump", "engine/throttle", "engine/wire", "engine/network", "engine"},
	"engine/broker/front":        {"engine/identity", "engine/wire", "engine/network", "engine"},
	"engine/broker/recorder":     {"engine/record", "engine"},
	"engine/broker/providers":    {"engine/identity", "engine/tunnel", "engine/wire", "engine/network", "engine"},
	"engine/broker":              {"engine/broker/front", "engine/broker/providers", "engine/broker/recorder", "engine/policy", "engine/throttle", "engine/names", "engine/identity", "engine/session", "engine/secret", "engine/record", "engine/wire", "engine/tenancy", "engine"},
	"engine/stripe":              {"engine/channel", "engine/pump", "engine/network"},
	"engine/component/machine":   {"engine/headroom", "engine/headroom/calibrate", "engine/identity", "engine/disk", "engine/network", "engine"},
	"engine/component/live":      {"engine/component/machine", "engine/session", "engine/secret", "engine/channel", "engine/pump", "engine/throttle", "engine/wire", "engine"},
	"engine/component/route":     {"engine/component/live", "engine/component/machine", "engine/channel", "engine/pump", "engine/stripe", "engine/wire", "engine/network", "engine"},
	"engine/component/routetest": {"engine/component/route", "engine/component/live", "engine/component/machine", "engine/channel", "engine/pump", "engine/wire", "engine"},
	"engine/component/gateway":   {"engine/component/machine", "engine/identity", "engine/throttle", "engine/tunnel", "engine/wire", "engine/network", "engine"},
	"engine/component/control":   {"engine/component/machine", "engine/identity", "engine/wire", "engine/network", "engine"},
	"engine/component":           {"engine/component/control", "engine/component/gateway", "engine/component/routetest", "engine/component/route", "engine/component/live", "engine/component/machine", "engine/tunnel", "engine/identity", "engine/secret", "engine/channel", "engine/pump", "engine/throttle", "engine/headroom/calibrate", "engine/wire", "engine/disk", "engine/network", "engine"},
	"engine/administration":      {"engine/record", "engine/report", "engine/policy", "engine/exchange", "engine/headroom", "engine/identity", "engine/wire", "engine/broker", "engine/broker/front", "engine/tenancy", "engine"},
	"docs":                       {},
	"ui/softcanvas":              {},
	"ui/text":                    {"engine"},
	"ui/chart":                   {},
	"ui/grid":                    {"ui/chart", "ui/text"},
	"ui/kit":                     {"ui/grid", "ui/chart", "ui/text", "assets"},
	"ui/model":                   {"engine", "engine/record", "ui/text"},
	"ui/page":                    {"ui/model", "ui/kit", "ui/grid", "ui/chart", "ui/text", "assets", "engine", "engine/record", "engine/disk"},
	"app/selftest":               {"app/host", "engine/secret"},
	"app/lockwire-agent":         {"app/host", "app/selftest", "engine/component", "engine/component/control", "engine/component/machine", "engine/network", "engine"},
}

// pages are the pages of the console. None imports another: what several of them show stands in ui/page or below.
var pages = []string{"ui/overview", "ui/rules", "ui/sessions", "ui/components", "ui/headroom", "ui/routes", "ui/simulator", "ui/activity", "ui/settings", "ui/providers", "ui/tenants", "ui/firststart"}

func init() {
	for _, page := range pages {
		arrows[page] = append([]string{"ui/page", "engine/report"}, arrows["ui/page"]...)
	}
	arrows["ui"] = append(append([]string{"ui/page", "docs"}, arrows["ui/page"]...), pages...)
}

// mayImportAnything holds for the programs and what they share, and for what only tests use.
func mayImportAnything(name string) bool {
	return strings.HasPrefix(name, "app/") && name != "app/lockwire-agent" || strings.HasPrefix(name, "engine/enginetest") || name == "engine/component/componenttest" || strings.HasPrefix(name, "ui/uitest")
}

// TestImportsFollowTheArrows keeps the layout honest: what a folder may know of is decided in one table, not in passing.
func TestImportsFollowTheArrows(t *testing.T) {
	for name, imports := range importsOfOurs(t) {
		if mayImportAnything(name) {
			continue
		}
		allowed, known := arrows[name]
		if !known && name != "" && name != "assets" {
			t.Errorf("%s is not in the table of arrows", name)
		}
		for _, imported := range imports {
			if !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
}

// TestEngineImportsOnlyTheStandardLibrary holds for the vocabulary itself; names are compared as Unicode says, which x/text knows.
func TestEngineImportsOnlyTheStandardLibrary(t *testing.T) {
	for dependency := range strings.FieldsSeq(goList(t, "-deps", "./engine")) {
		if strings.Contains(strings.Split(dependency, "/")[0], ".") && dependency != "golang.org/x/text/unicode/norm" && dependency != "golang.org/x/text/transform" {
			t.Errorf("engine depends on %s", dependency)
		}
	}
}

// importsOfOurs gives, for each package of the module by its folder, the folders of the module's packages that it imports.
func importsOfOurs(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	lines := bufio.NewScanner(strings.NewReader(goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		name := strings.TrimPrefix(strings.TrimPrefix(words[0], "lockwire"), "/")
		all[name] = nil
		for _, imported := range words[1:] {
			if folder, ours := strings.CutPrefix(imported, "lockwire/"); ours {
				all[name] = append(all[name], folder)
			}
		}
	}
	if len(all) < 10 {
		t.Fatalf("go list names only %d packages", len(all))
	}
	return all
}

func goList(t *testing.T, arguments ...string) string {
	t.Helper()
	var errors bytes.Buffer
	command := exec.Command("go", append([]string{"list"}, arguments...)...)
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &errors)
	}
	return string(out)
}
