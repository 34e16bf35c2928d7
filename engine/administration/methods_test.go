package administration

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lockwire/engine"
	"lockwire/engine/broker/front"
	"lockwire/engine/wire"
)

var write = flag.Bool("write", false, "write METHODS.md anew")

// TestEveryMethodOfAdministrationCanBeCalledFromElsewhere finds a method that was added to the interface and not to the table.
func TestEveryMethodOfAdministrationCanBeCalledFromElsewhere(t *testing.T) {
	var declared []string
	for _, e := range entries {
		declared = append(declared, e.name)
	}
	for _, stream := range wire.Administration_ServiceDesc.Streams {
		declared = append(declared, stream.StreamName)
		if streams[stream.StreamName] == 0 {
			t.Errorf("%s says nobody who may call it", stream.StreamName)
		}
	}
	of := reflect.TypeFor[engine.Administration]()
	var wanted []string
	for i := range of.NumMethod() {
		wanted = append(wanted, of.Method(i).Name)
	}
	slices.Sort(declared)
	if !slices.Equal(declared, wanted) {
		t.Errorf("the table has %v\nthe interface %v", declared, wanted)
	}
	if len(access) != len(wanted) {
		t.Errorf("%d methods have an entry in the access table, of %d", len(access), len(wanted))
	}
}

func TestWhatChangesThingsNeedsTheRoleForIt(t *testing.T) {
	for _, e := range entries {
		if (e.changes != "") != (e.access == front.AccessChange) {
			t.Errorf("%s changes %q and needs %v", e.name, e.changes, e.access)
		}
	}
}

// TestTheListOfMethodsIsThatOfTheTable: go test ./engine/administration -run TheListOfMethods -write makes it anew.
func TestTheListOfMethodsIsThatOfTheTable(t *testing.T) {
	var out bytes.Buffer
	out.WriteString("# Methods of Administration\n\nMade from methods.go by its test. Each is asked with one JSON document of engine's types and answered with one, at\n`" + fullName("NAME") + "`.\n")
	out.WriteString("`Backup` (change) and `Watch` (view) answer in many parts.\n\n| method | role | request | reply | what it does | what it changes |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, e := range entries {
		role := engine.MayView
		if e.access == front.AccessChange {
			role = engine.MayChange
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s |\n", e.name, role, typeWords(e.request), typeWords(e.reply), e.does, e.changes)
	}
	if *write {
		if err := os.WriteFile("METHODS.md", out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile("METHODS.md")
	if err != nil || !bytes.Equal(kept, out.Bytes()) {
		t.Errorf("METHODS.md is not what the table says (%v); make it anew with: go test ./engine/administration -run %s -write", err, t.Name())
	}
}

func typeWords(of reflect.Type) string {
	if of == reflect.TypeFor[none]() {
		return "-"
	}
	name := strings.NewReplacer("engine.", "", "administration.", "").Replace(of.String())
	if of.Kind() == reflect.Struct && of.PkgPath() == reflect.TypeFor[none]().PkgPath() {
		var fields []string
		for i := range of.NumField() {
			fields = append(fields, strings.TrimPrefix(of.Field(i).Type.String(), "engine."))
		}
		return strings.Join(fields, ", ")
	}
	return name
}
