package exchange_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

func selectors(t *testing.T, texts ...string) []engine.Selector {
	t.Helper()
	var list []engine.Selector
	for _, text := range texts {
		selector, err := engine.ParseSelector(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, selector)
	}
	return list
}

func day(t *testing.T, text string) engine.Day {
	t.Helper()
	parsed, err := engine.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestTheExampleOfTheContractIsRead(t *testing.T) {
	file, err := os.Open("testdata/own/example.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	set, report, err := exchange.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(report) > 0 {
		t.Errorf("notes on a plain file:\n%s", report)
	}
	schedule := engine.AlwaysOn()
	schedule.TimeZone = "Europe/Berlin"
	schedule.Days[1] = day(t, "000000001111111111110000")
	schedule.Days[6] = day(t, "rrrrrrrrrrrrrrrrrrrrrrrr")
	want := engine.RuleSet{
		Rules: []engine.Rule{
			{
				Name: "Branch uplink", Enabled: true, Encrypt: true,
				Source: selectors(t, "192.168.0.1-192.168.0.255", "2001:db8:1::/48"), Target: selectors(t, "172.16.0.31", "public"),
				Throttle: &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true, Relaxed: &engine.Limit{Value: 400, Unit: engine.MegabitsPerSecond}},
				Schedule: &schedule,
			},
			engine.InternetRule(),
		},
		PreferredNetworks: engine.PreferredNetworks{Mode: engine.PreferredOff, Networks: []netip.Prefix{}},
	}
	if difference := cmp.Diff(want, set, comparable); difference != "" {
		t.Error(difference)
	}
}

func TestWhatAFileLeavesOut(t *testing.T) {
	set, report, err := exchange.Decode(strings.NewReader(`{"version":1,"rules":[
		{"name":"Zebra","source":["any"],"target":["10.0.0.1"],"throttle":{"value":1,"unit":"KB/s"},"exempt":null,"schedule":null,"comment":null},
		{"name":"alpha","source":["any"],"target":["10.0.0.1"],"schedule":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{set.Rules[0].Name, set.Rules[1].Name, set.Rules[2].Name}
	if want := []string{"Internet", "Zebra", "alpha"}; !cmp.Equal(names, want) {
		t.Errorf("rules %q, want %q", names, want)
	}
	if difference := cmp.Diff(engine.InternetRule(), set.Rules[0], comparable); difference != "" {
		t.Error("Internet is not as predefined:", difference)
	}
	zebra := set.Rules[1]
	if !zebra.Enabled || zebra.Encrypt || zebra.Exempt != nil || zebra.Schedule != nil || !zebra.Throttle.NeverThrottleRestores || zebra.Throttle.Relaxed != nil {
		t.Errorf("defaults: %+v", zebra)
	}
	if schedule := set.Rules[2].Schedule; schedule == nil || *schedule != engine.AlwaysOn() {
		t.Errorf("a day that is absent is all on: %v", schedule)
	}
	if set.PreferredNetworks.Mode != engine.PreferredOff || set.Settings != (engine.Settings{}) {
		t.Errorf("%+v %+v", set.PreferredNetworks, set.Settings)
	}
	if len(report) != 1 || report[0].Rule != "Internet" {
		t.Errorf("that Internet was added is said:\n%s", report)
	}
}

func TestInternetIsSortedIn(t *testing.T) {
	set, _, err := exchange.Decode(strings.NewReader(`{"rules":[{"name":"alpha","source":["any"],"target":["any"]},{"name":"Zebra","source":["any"],"target":["any"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if set.Rules[1].Name != engine.InternetRuleName || len(set.Rules) != 3 {
		t.Errorf("%+v", set.Rules)
	}
}

func TestAFileThatPowerShellWroteIsRead(t *testing.T) {
	var file []byte
	for _, unit := range utf16.Encode([]rune("\ufeff{\"version\":1,\r\n\"rules\":[{\"name\":\"Büro\",\"source\":[\"any\"],\"target\":[\"any\"],\"encrypt\":true}]}\r\n")) {
		file = binary.LittleEndian.AppendUint16(file, unit)
	}
	set, _, err := exchange.Decode(bytes.NewReader(file))
	if err != nil || set.Rules[0].Name != "Büro" {
		t.Errorf("%+v, %v", set.Rules, err)
	}
}

func TestAFileOfOtherSettings(t *testing.T) {
	set, report, err := exchange.Decode(strings.NewReader("\ufeff" + `{"version":1,"rules":[
		{"name":"Internet","enabled":false,"source":["any"],"target":["public"],"encrypt":false,"comment":"off for now"},
		{"name":"Trusted","source":["tag:site-a"],"target":["component:Tape 1","host:Backup.Example.com","10.1.2.3/16"],"exempt":{"reason":"own fibre","until":"2027-01-31"}}],
		"settings":{"DisablePublicIPTrafficEncryption":1,"TimeZone":"UTC","LingerSeconds":30,"CutSessionsThatShouldBeSealed":1},
		"preferredNetworks":{"mode":"require","networks":["10.1.2.3/16","2001:db8::/32"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := engine.RuleSet{
		Rules: []engine.Rule{
			{Name: "Internet", Source: selectors(t, "any"), Target: selectors(t, "public"), Comment: "off for now"},
			{
				Name: "Trusted", Enabled: true, Source: selectors(t, "tag:site-a"), Target: selectors(t, "component:Tape 1", "host:backup.example.com", "10.1.0.0/16"),
				Exempt: &engine.Exemption{Reason: "own fibre", Until: &engine.Date{Year: 2027, Month: 1, Day: 31}},
			},
		},
		Settings:          engine.Settings{DisablePublicIPTrafficEncryption: 1, CutSessionsThatShouldBeSealed: 1, TimeZone: "UTC", LingerSeconds: 30},
		PreferredNetworks: engine.PreferredNetworks{Mode: engine.PreferredRequire, Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("2001:db8::/32")}},
	}
	if difference := cmp.Diff(want, set, comparable); difference != "" {
		t.Error(difference)
	}
	if want := "rule \"Trusted\": target: 10.1.2.3/16 is read as the whole network 10.1.0.0/16\n"; lines(report) != want {
		t.Errorf("report %q, want %q", report, want)
	}
}

// wantFieldError checks what has the field, the field, and a part of the whole message.
func wantFieldError(t *testing.T, err error, of, field, part string) {
	t.Helper()
	var wrong *engine.FieldError
	if !errors.As(err, &wrong) {
		t.Fatalf("no FieldError: %v", err)
	}
	if wrong.Of != of || wrong.Field != field || !strings.Contains(err.Error(), part) {
		t.Errorf("of %q, field %q: %v\nwant of %q, field %q and %q", wrong.Of, wrong.Field, err, of, field, part)
	}
}

// rule puts one rule around fields that are to be refused.
func rule(fields string) string {
	return `{"version":1,"rules":[{"name":"Branch uplink","source":["any"],"target":["any"],` + fields + `}]}`
}

func TestRefusedByName(t *testing.T) {
	const branch = `rule "Branch uplink"`
	tests := map[string]struct{ body, of, field, part string }{
		"an unknown field of the file":        {`{"version":1,"rulez":[]}`, "rule set", "rulez", "unknown field"},
		"an unknown field of a rule":          {rule(`"encrpt":true`), branch, "encrpt", "unknown field"},
		"a field of another case":             {rule(`"Encrypt":true`), branch, "Encrypt", "unknown field"},
		"an id":                               {rule(`"id":"x"`), branch, "id", "unknown field"},
		"an unknown field of a throttle":      {rule(`"throttle":{"valu":1,"unit":"MB/s"}`), branch, "throttle", `rule "Branch uplink": throttle: unknown field "valu"`},
		"an unknown field of a relaxed limit": {rule(`"throttle":{"value":1,"unit":"MB/s","relaxed":{"x":1}}`), branch, "throttle", `relaxed: unknown field "x"`},
		"an unknown field of an exemption":    {rule(`"exempt":{"reason":"r","untill":"2027-01-31"}`), branch, "exempt", `"untill"`},
		"an unknown day":                      {rule(`"schedule":{"Monday":"111111111111111111111111"}`), branch, "schedule", `"Monday"`},
		"an unknown setting":                  {`{"settings":{"LingerSecs":1}}`, "settings", "LingerSecs", "unknown setting"},
		"an unknown field of networks":        {`{"preferredNetworks":{"networkz":[]}}`, "preferredNetworks", "networkz", "unknown field"},
		"a field that stands twice":           {rule(`"encrypt":true,"encrypt":false`), "rule number 1", "encrypt", "twice"},
		"a nested field that stands twice":    {rule(`"throttle":{"value":1,"value":2,"unit":"MB/s"}`), branch, "throttle", "value: the field stands twice"},
		"rules that stand twice":              {`{"rules":[],"rules":[]}`, "rule set", "rules", "twice"},

		"a newer version":       {`{"version":3,"newThing":1}`, "rule set", "version", "use a newer Lockwire"},
		"a file of everything":  {`{"version":2,"newThing":1}`, "rule set", "version", "lockwired apply"},
		"a version of zero":     {`{"version":0}`, "rule set", "version", "begin with 1"},
		"a version in words":    {`{"version":"1"}`, "rule set", "version", "a number is needed"},
		"no name":               {`{"rules":[{"source":["any"],"target":["any"]}]}`, "rule number 1", "name", "needed"},
		"no source":             {`{"rules":[{"name":"Branch uplink","target":["any"]}]}`, branch, "source", "needed"},
		"no target":             {`{"rules":[{"name":"Branch uplink","source":["any"],"target":null}]}`, branch, "target", "needed"},
		"an empty source":       {`{"rules":[{"name":"Branch uplink","source":[],"target":["any"]}]}`, branch, "source", "at least one"},
		"a source in one text":  {`{"rules":[{"name":"Branch uplink","source":"any","target":["any"]}]}`, branch, "source", "a list"},
		"a source of garbage":   {`{"rules":[{"name":"Branch uplink","source":["any","10.0.0.300"],"target":["any"]}]}`, branch, "source", "entry 2"},
		"a source of numbers":   {`{"rules":[{"name":"Branch uplink","source":[1],"target":["any"]}]}`, branch, "source", "entry 1: a text"},
		"public as a source":    {`{"rules":[{"name":"Branch uplink","source":["public"],"target":["any"]}]}`, branch, "source", "public"},
		"a reversed range":      {`{"rules":[{"name":"Branch uplink","source":["any"],"target":["10.0.0.2-10.0.0.1"]}]}`, branch, "target", "ends before"},
		"too many entries":      {`{"rules":[{"name":"Branch uplink","source":["any"` + strings.Repeat(`,"any"`, engine.MaximumSelectors) + `],"target":["any"]}]}`, branch, "source", "at most 1024"},
		"a long name":           {`{"rules":[{"name":"` + strings.Repeat("n", 65) + `","source":["any"],"target":["any"]}]}`, `rule "` + strings.Repeat("n", 64) + `…"`, "name", "at most 64"},
		"a name twice":          {`{"rules":[{"name":"A","source":["any"],"target":["any"]},{"name":"a","source":["any"],"target":["any"]}]}`, `rule "a"`, "name", "taken"},
		"too many rules":        {`{"rules":[` + strings.Repeat(`{"name":"x","source":["any"],"target":["any"]},`, engine.MaximumRules) + `{}]}`, "rule set", "rules", "at most 20000"},
		"a rule that is a text": {`{"rules":["x"]}`, "rule number 1", "rules", "an object"},
		"rules in an object":    {`{"rules":{}}`, "rule set", "rules", "a list"},

		"encrypt in words":          {rule(`"encrypt":"yes"`), branch, "encrypt", "true or false"},
		"encrypt null":              {rule(`"encrypt":null`), branch, "encrypt", "true or false"},
		"enabled in numbers":        {rule(`"enabled":1`), branch, "enabled", "true or false"},
		"a comment in numbers":      {rule(`"comment":1`), branch, "comment", "a text"},
		"a comment of controls":     {rule(`"comment":"\u0007"`), branch, "comment", "U+0007"},
		"encrypt and exempt":        {rule(`"encrypt":true,"exempt":{"reason":"r"}`), branch, "exempt", "not both"},
		"an exemption for nothing":  {rule(`"exempt":{}`), branch, "exempt", "reason"},
		"an exemption in words":     {rule(`"exempt":"own fibre"`), branch, "exempt", "an object"},
		"a day that is none":        {rule(`"exempt":{"reason":"r","until":"2027-02-30"}`), branch, "exempt", "until"},
		"a throttle of nothing":     {rule(`"throttle":{}`), branch, "throttle", "value: the field is needed"},
		"a throttle without a unit": {rule(`"throttle":{"value":1}`), branch, "throttle", "unit: the field is needed"},
		"an unknown unit":           {rule(`"throttle":{"value":1,"unit":"GB/s"}`), branch, "throttle", "unit"},
		"a limit of zero":           {rule(`"throttle":{"value":0,"unit":"MB/s"}`), branch, "throttle", "value"},
		"a negative limit":          {rule(`"throttle":{"value":-1,"unit":"MB/s"}`), branch, "throttle", "value: -1 is not a whole number"},
		"a fraction":                {rule(`"throttle":{"value":1.5,"unit":"MB/s"}`), branch, "throttle", "value: 1.5 is not a whole number"},
		"an exponent":               {rule(`"throttle":{"value":1e3,"unit":"MB/s"}`), branch, "throttle", "value: 1e3 is not a whole number"},
		"a huge limit":              {rule(`"throttle":{"value":99999999999999999999,"unit":"MB/s"}`), branch, "throttle", "value: 99999999999999999999 is too large"},
		"a large limit":             {rule(`"throttle":{"value":1000000001,"unit":"MB/s"}`), branch, "throttle", "value"},
		"a limit in quotes":         {rule(`"throttle":{"value":"1","unit":"MB/s"}`), branch, "throttle", "value: a number is needed"},
		"a wrong relaxed limit":     {rule(`"throttle":{"value":1,"unit":"MB/s","relaxed":{"value":0,"unit":"MB/s"}}`), branch, "throttle", "relaxed: value"},
		"restores in words":         {rule(`"throttle":{"value":1,"unit":"MB/s","neverThrottleRestores":"no"}`), branch, "throttle", "neverThrottleRestores"},
		"a short day":               {rule(`"schedule":{"monday":"1"}`), branch, "schedule", "monday: a day has 24"},
		"a cell that is none":       {rule(`"schedule":{"monday":"11111111111111111111111x"}`), branch, "schedule", "monday"},
		"a zone that is none":       {rule(`"schedule":{"timeZone":"Mars/Olympus"}`), branch, "schedule", "timeZone"},
		"relaxed without a limit":   {rule(`"schedule":{"monday":"rrrrrrrrrrrrrrrrrrrrrrrr"}`), branch, "schedule", "no relaxed limit"},

		"Internet in another case": {`{"rules":[{"name":"INTERNET","source":["any"],"target":["public"]}]}`, "rule Internet", "name", "fixed"},
		"Internet from elsewhere":  {`{"rules":[{"name":"Internet","source":["10.0.0.1"],"target":["public"]}]}`, "rule Internet", "source", "fixed"},
		"Internet to elsewhere":    {`{"rules":[{"name":"Internet","source":["any"],"target":["any"]}]}`, "rule Internet", "target", "fixed"},
		"Internet as trusted link": {`{"rules":[{"name":"Internet","source":["any"],"target":["public"],"exempt":{"reason":"r"}}]}`, "rule Internet", "exempt", "trusted"},

		"an override of two":      {`{"settings":{"DisablePublicIPTrafficEncryption":2}}`, "settings", "DisablePublicIPTrafficEncryption", "0 or 1"},
		"an override in words":    {`{"settings":{"DisablePublicIPTrafficEncryption":true}}`, "settings", "DisablePublicIPTrafficEncryption", "a number"},
		"a setting that is null":  {`{"settings":{"LingerSeconds":null}}`, "settings", "LingerSeconds", "a number"},
		"a zone in numbers":       {`{"settings":{"TimeZone":1}}`, "settings", "TimeZone", "a text"},
		"settings in a list":      {`{"settings":[]}`, "rule set", "settings", "an object"},
		"an unknown mode":         {`{"preferredNetworks":{"mode":"prefre"}}`, "preferredNetworks", "mode", "off, prefer or require"},
		"an address as a network": {`{"preferredNetworks":{"networks":["10.0.0.1"]}}`, "preferredNetworks", "networks", "entry 1"},
		"networks in a text":      {`{"preferredNetworks":{"networks":"10.0.0.0/8"}}`, "preferredNetworks", "networks", "a list"},
		"too many networks":       {`{"preferredNetworks":{"networks":["10.0.0.0/8"` + strings.Repeat(`,"10.0.0.0/8"`, 1024) + `]}}`, "preferredNetworks", "networks", "at most 1024"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set, _, err := exchange.Decode(strings.NewReader(test.body))
			wantFieldError(t, err, test.of, test.field, test.part)
			if set.Rules != nil {
				t.Error("a refused file gives rules")
			}
		})
	}
}

func TestFilesThatAreNoRuleSet(t *testing.T) {
	tests := map[string]struct{ body, part string }{
		"nothing":            {"", "not JSON"},
		"no JSON":            {"{\n  \"rules\": [,]}", "line 2, column 13"},
		"something after it": {`{"version":1} {}`, "not JSON"},
		"a list":             {`[]`, "an object in { }"},
		"Latin-1":            {"{\"rules\":[{\"name\":\"B\xfcro\"}]}", "UTF-8"},
		"UTF-16":             {"{\x00}\x00", "UTF-16"},
		"too many fields":    {`{` + manyFields(300) + `}`, "more than 256 fields"},
		"too deep":           {`{"rules":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, "depth"},
		"too large":          {strings.Repeat(" ", exchange.MaximumFileSize+1), "larger than 64 MiB"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := exchange.Decode(strings.NewReader(test.body))
			if err == nil || !strings.Contains(err.Error(), test.part) {
				t.Errorf("%v, want %q", err, test.part)
			}
		})
	}
}

func manyFields(count int) string {
	var fields []string
	for i := range count {
		fields = append(fields, `"f`+strings.Repeat("x", i)+`":1`)
	}
	return strings.Join(fields, ",")
}

// lines writes one line for each note, each ended by a line feed.
func lines(report exchange.Report) string {
	var text strings.Builder
	for _, note := range report {
		text.WriteString(note.String() + "\n")
	}
	return text.String()
}

type brokenReader struct{}

var errBroken = errors.New("broken")

func (brokenReader) Read([]byte) (int, error) { return 0, errBroken }

func TestReadingThatFailsIsAnError(t *testing.T) {
	if _, _, err := exchange.Decode(brokenReader{}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if _, _, err := exchange.DecodeVeeam(brokenReader{}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if _, _, err := exchange.DecodeAny(brokenReader{}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

func TestEachSettingCanStandInAFile(t *testing.T) {
	for _, setting := range engine.SettingNames() {
		text := map[string]string{"TimeZone": `"UTC"`, "DNSServer": `"10.0.0.53"`}[setting.Name]
		if text == "" {
			text = "1"
		}
		set, _, err := exchange.Decode(strings.NewReader(`{"settings":{"` + setting.Name + `":` + text + `}}`))
		if err != nil {
			t.Errorf("%s: %v", setting.Name, err)
			continue
		}
		if got, err := set.Settings.Get(setting.Name); err != nil || got != strings.Trim(text, `"`) {
			t.Errorf("%s: %q, %v", setting.Name, got, err)
		}
	}
}

func TestRequireWithoutNetworksIsSaid(t *testing.T) {
	_, report, err := exchange.Decode(strings.NewReader(`{"version":1,"rules":[{"name":"Internet","source":["any"],"target":["public"],"encrypt":true}],"preferredNetworks":{"mode":"require"}}`))
	if err != nil || len(report) != 1 || report[0].Field != "preferredNetworks" {
		t.Errorf("%v\n%s", err, report)
	}
}
