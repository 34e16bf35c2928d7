package exchange_test

import (
	"bytes"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

// veeamRule is a body with one rule: Branch from one address to another, with more fields.
func veeamRule(fields string) string {
	return `{"trafficRules":[{"name":"Branch","sourceIPStart":"10.0.0.1","sourceIPEnd":"","targetIPStart":"10.0.0.2","targetIPEnd":""` + fields + `}]}`
}

// throttled is a body with one rule that throttles, with more fields.
func throttled(fields string) string {
	return veeamRule(`,"throttlingEnabled":true,"throttlingUnit":"MbitPerSec","throttlingValue":10` + fields)
}

func decodeVeeam(t *testing.T, body string) (engine.RuleSet, exchange.Report) {
	t.Helper()
	set, report, err := exchange.DecodeVeeam(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return set, report
}

// find gives the rule of a name.
func find(t *testing.T, set engine.RuleSet, name string) engine.Rule {
	t.Helper()
	for _, rule := range set.Rules {
		if rule.Name == name {
			return rule
		}
	}
	t.Fatalf("no rule %q in %+v", name, set.Rules)
	return engine.Rule{}
}

// has tells whether a report has a note of a rule and field with a text in it.
func has(report exchange.Report, rule, field, part string) bool {
	for _, note := range report {
		if note.Rule == rule && note.Field == field && strings.Contains(note.Text, part) {
			return true
		}
	}
	return false
}

func TestTheBodyOfVeeamIsRead(t *testing.T) {
	body, err := os.ReadFile("testdata/veeam/example.json")
	if err != nil {
		t.Fatal(err)
	}
	set, report, err := exchange.DecodeVeeam(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	schedule := engine.AlwaysOn()
	for weekday := range schedule.Days {
		schedule.Days[weekday] = day(t, "000000001111111111110000")
	}
	schedule.Days[0], schedule.Days[6] = day(t, strings.Repeat("0", 24)), day(t, strings.Repeat("0", 24))
	want := engine.RuleSet{
		Rules: []engine.Rule{
			{
				Name: "Branch uplink", Enabled: true, Encrypt: true,
				Source: selectors(t, "192.168.0.1-192.168.0.255"), Target: selectors(t, "172.16.0.31"),
				Throttle: &engine.Throttle{Limit: engine.Limit{Value: 100, Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true},
				Schedule: &schedule,
			},
			engine.InternetRule(),
		},
		PreferredNetworks: engine.PreferredNetworks{Mode: engine.PreferredPrefer, Networks: []netip.Prefix{netip.MustParsePrefix("172.16.0.0/16")}},
	}
	if difference := cmp.Diff(want, set, comparable); difference != "" {
		t.Error(difference)
	}
	wantReport := `useMultipleStreamsPerJob: true is not carried over: rules have no streams
uploadStreamsCount: 5 is not carried over: rules have no streams
rule "Internet": throttlingValue: the limit of 2 Mbit/s is switched off in Veeam and is not carried over
id: the ids are Veeam's own and are not carried over; a rule keeps to its name
throttlingEnabled: restores are not throttled, as Veeam documents it; the file does not tell where restores were included
throttlingWindowOptions: the hours are read in the broker's time zone; the file does not tell that of the backup server
`
	if difference := cmp.Diff(wantReport, lines(report)); difference != "" {
		t.Error(difference)
	}
}

func TestVeeamRanges(t *testing.T) {
	tests := map[string]struct{ start, end, want string }{
		"an empty end":    {"10.0.0.1", "", "10.0.0.1"},
		"no end":          {"10.0.0.1", "-", "10.0.0.1"},
		"an equal end":    {"10.0.0.1", "10.0.0.1", "10.0.0.1"},
		"a range":         {" 10.0.0.1 ", "10.0.0.9", "10.0.0.1-10.0.0.9"},
		"a range of IPv6": {"2001:db8::1", "2001:DB8::ff", "2001:db8::1-2001:db8::ff"},
		"an IPv6 address": {"2001:db8::1", "", "2001:db8::1"},
		"every address":   {"0.0.0.0", "255.255.255.255", "0.0.0.0-255.255.255.255"},
		"any":             {"any", "", "any"},
		"Any and Any":     {"Any", "Any", "any"},
		"Internet":        {"internet", "", "public"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			end := `,"targetIPEnd":"` + test.end + `"`
			if test.end == "-" {
				end = `,"targetIPEnd":null`
			}
			set, _ := decodeVeeam(t, `{"trafficRules":[{"name":"Branch","sourceIPStart":"10.1.0.0","targetIPStart":"`+test.start+`"`+end+`}]}`)
			if got := find(t, set, "Branch").Target; len(got) != 1 || got[0].String() != test.want {
				t.Errorf("%v, want %s", got, test.want)
			}
		})
	}
}

func TestVeeamUnits(t *testing.T) {
	for spelling, want := range map[string]engine.Unit{
		"MbitPerSpec": engine.MegabitsPerSecond, "MbitPerSec": engine.MegabitsPerSecond, "mbitpersec": engine.MegabitsPerSecond,
		"KbytePerSec": engine.KilobytesPerSecond, "MbytePerSec": engine.MegabytesPerSecond, "MBYTEPERSEC": engine.MegabytesPerSecond,
	} {
		set, report := decodeVeeam(t, veeamRule(`,"throttlingEnabled":true,"throttlingUnit":"`+spelling+`","throttlingValue":7`))
		rule := find(t, set, "Branch")
		if rule.Throttle == nil || rule.Throttle.Limit != (engine.Limit{Value: 7, Unit: want}) || !rule.Throttle.NeverThrottleRestores || rule.Schedule != nil {
			t.Errorf("%s: %+v", spelling, rule.Throttle)
		}
		if decimal := has(report, "", "throttlingUnit", "1,000 bytes"); decimal != (want != engine.MegabitsPerSecond) {
			t.Errorf("%s:\n%s", spelling, report)
		}
	}
}

func hours(cell string) string { return strings.Repeat(cell+",", 23) + cell }

func TestVeeamHours(t *testing.T) {
	week := func(last string) string {
		var days []string
		for _, name := range []string{"SUNDAY", "Monday", "tuesday", "Wednesday", "thursday", "friday"} {
			days = append(days, `{"day":"`+name+`","hours":"`+hours("1")+`"}`)
		}
		return strings.Join(append(days, last), ",")
	}
	window := func(enabled, days string) string {
		return throttled(`,"throttlingWindowEnabled":` + enabled + `,"throttlingWindowOptions":{"days":[` + days + `]}`)
	}
	t.Run("1 is throttled, hour 0 first", func(t *testing.T) {
		set, _ := decodeVeeam(t, window("true", week(`{"day":"saturday","hours":"1, `+strings.Repeat("0,", 22)+`0"}`)))
		schedule := find(t, set, "Branch").Schedule
		if schedule == nil || schedule.TimeZone != "" || schedule.Days[6] != day(t, "1"+strings.Repeat("0", 23)) || schedule.Days[0] != day(t, strings.Repeat("1", 24)) {
			t.Errorf("%+v", schedule)
		}
	})
	t.Run("every hour is always", func(t *testing.T) {
		set, _ := decodeVeeam(t, window("true", week(`{"day":"saturday","hours":"`+hours("1")+`"}`)))
		if rule := find(t, set, "Branch"); rule.Schedule != nil {
			t.Errorf("%+v", rule.Schedule)
		}
	})
	t.Run("a window that is off is always", func(t *testing.T) {
		set, report := decodeVeeam(t, window("false", week(`{"day":"saturday","hours":"`+hours("0")+`"}`)))
		if rule := find(t, set, "Branch"); rule.Schedule != nil || !has(report, "Branch", "throttlingWindowOptions", "always holds") {
			t.Errorf("%+v\n%s", rule.Schedule, report)
		}
	})
	t.Run("a day that is not listed has no hours", func(t *testing.T) {
		set, report := decodeVeeam(t, window("true", `{"day":"saturday","hours":"`+hours("1")+`","note":"x"}`))
		schedule := find(t, set, "Branch").Schedule
		if schedule == nil || schedule.Days[1] != day(t, strings.Repeat("0", 24)) || schedule.Days[6] != day(t, strings.Repeat("1", 24)) {
			t.Errorf("%+v", schedule)
		}
		if !has(report, "Branch", "throttlingWindowOptions", "1 of 7") || !has(report, "Branch", "throttlingWindowOptions.days.note", "not carried over") {
			t.Error(report)
		}
	})
}

func TestARuleThatDoesNothingIsKeptAndReported(t *testing.T) {
	set, report := decodeVeeam(t, veeamRule(`,"throttlingEnabled":false,"throttlingUnit":"MbitPerSpec","throttlingValue":-5,"throttlingWindowEnabled":true`))
	rule := find(t, set, "Branch")
	if rule.Encrypt || rule.Throttle != nil || !rule.Enabled {
		t.Errorf("%+v", rule)
	}
	if !has(report, "Branch", "", "neither encrypts nor throttles") || !has(report, "Branch", "throttlingValue", "switched off") {
		t.Error(report)
	}
}

func TestInternetOfVeeamKeepsWhatItsOwnerSet(t *testing.T) {
	set, report := decodeVeeam(t, `{"trafficRules":[{"name":"Internet","sourceIPStart":"Any","sourceIPEnd":"","targetIPStart":"Internet","targetIPEnd":"","encryptionEnabled":false,"throttlingEnabled":true,"throttlingUnit":"MbytePerSec","throttlingValue":3}]}`)
	rule := find(t, set, "Internet")
	if len(set.Rules) != 1 || rule.Encrypt || rule.Throttle == nil || rule.Throttle.Value != 3 {
		t.Errorf("%+v", set.Rules)
	}
	if has(report, "Internet", "", "predefined") {
		t.Error(report)
	}
}

func TestInternetAsASourceChangesPlaces(t *testing.T) {
	set, report := decodeVeeam(t, `{"trafficRules":[{"name":"In","sourceIPStart":"Internet","targetIPStart":"10.0.0.1","encryptionEnabled":true}]}`)
	rule := find(t, set, "In")
	if rule.Source[0].String() != "10.0.0.1" || rule.Target[0] != engine.Public || !has(report, "In", "sourceIPStart", "changed places") {
		t.Errorf("%+v\n%s", rule, report)
	}
	if !has(report, "Internet", "", "predefined") {
		t.Error("that Internet was added is said:", report)
	}
}

func TestNamesOfVeeamBecomeValid(t *testing.T) {
	long := strings.Repeat("ä", 70)
	given := []string{"", "Branch", "BRANCH", "branch", long, long, " padded ", "tab\there", "Internet", "Veeam rule 1", "\u200b"}
	want := []string{"Veeam rule 1", "Branch", "BRANCH (2)", "branch (3)", strings.Repeat("ä", 64), strings.Repeat("ä", 60) + " (2)", "padded", "tab here", "Internet (2)", "Veeam rule 1 (2)", "Veeam rule 11"}
	var rules []string
	for _, name := range given {
		rules = append(rules, `{"name":"`+strings.ReplaceAll(name, "\t", `\t`)+`","sourceIPStart":"10.0.0.1","targetIPStart":"10.0.0.2","encryptionEnabled":true}`)
	}
	set, report := decodeVeeam(t, `{"trafficRules":[`+strings.Join(rules, ",")+`]}`)
	for i, name := range want {
		find(t, set, name)
		if changed := name != given[i]; changed != has(report, name, "name", "number") {
			t.Errorf("%q became %q; reported: %t\n%s", given[i], name, !changed, report)
		}
	}
	if len(set.Rules) != len(want)+1 {
		t.Errorf("%d rules", len(set.Rules))
	}
}

func TestManyEqualNamesStayQuick(t *testing.T) {
	one := `{"name":"Branch","sourceIPStart":"10.0.0.1","targetIPStart":"10.0.0.2","encryptionEnabled":true}`
	set, report := decodeVeeam(t, `{"trafficRules":[`+strings.Repeat(one+",", engine.MaximumRules-2)+one+`]}`)
	find(t, set, "Branch (19999)")
	if len(set.Rules) != engine.MaximumRules {
		t.Errorf("%d rules", len(set.Rules))
	}
	if last := report[len(report)-1]; len(report) != 10_001 || !strings.Contains(last.Text, "9999 more") {
		t.Errorf("%d notes, the last %s", len(report), last)
	}
}

func TestUnknownFieldsOfVeeamAreReported(t *testing.T) {
	set, report := decodeVeeam(t, `{"ipPreferencePolicy":"IPv6","trafficRules":[{"name":"Branch","sourceIPStart":"10.0.0.1","targetIPStart":"10.0.0.2","encryptionEnabled":true,"description":{"deep":[1]}}],
		"preferredNetworks":{"isEnabled":false,"order":1,"networks":[{"cidrNotation":"10.0.0.0/8","vlan":7}]}}`)
	find(t, set, "Branch")
	for _, note := range []exchange.Note{{Field: "ipPreferencePolicy"}, {Rule: "Branch", Field: "description"}, {Field: "preferredNetworks.order"}, {Field: "preferredNetworks.networks.vlan"}} {
		if !has(report, note.Rule, note.Field, "not carried over") {
			t.Errorf("%v is not reported:\n%s", note, report)
		}
	}
}

func TestPreferredNetworksOfVeeam(t *testing.T) {
	tests := map[string]struct{ network, want, note string }{
		"a CIDR":                   {`"cidrNotation":"10.1.0.0/16"`, "10.1.0.0/16", ""},
		"an IPv6 CIDR":             {`"ipAddress":"","subnetMask":"","cidrNotation":"2001:db8::/32"`, "2001:db8::/32", ""},
		"address and mask":         {`"ipAddress":"10.1.2.3","subnetMask":"255.255.240.0"`, "10.1.0.0/20", ""},
		"one host":                 {`"ipAddress":"10.1.2.3","subnetMask":"255.255.255.255","cidrNotation":null`, "10.1.2.3/32", ""},
		"everything":               {`"ipAddress":"0.0.0.0","subnetMask":"0.0.0.0"`, "0.0.0.0/0", ""},
		"all three that agree":     {`"ipAddress":"10.1.0.0","subnetMask":"255.255.0.0","cidrNotation":"10.1.0.0/16"`, "10.1.0.0/16", ""},
		"all three that disagree":  {`"ipAddress":"10.1.0.0","subnetMask":"255.255.255.0","cidrNotation":"10.1.0.0/16"`, "10.1.0.0/16", "address and mask say 10.1.0.0/24"},
		"a mask that is no help":   {`"ipAddress":"10.1.0.0","subnetMask":"255.0.255.0","cidrNotation":"10.1.0.0/16"`, "10.1.0.0/16", "cannot be read"},
		"a mask with gaps":         {`"ipAddress":"10.1.0.0","subnetMask":"255.0.255.0"`, "", "has gaps"},
		"a mask of garbage":        {`"ipAddress":"10.1.0.0","subnetMask":"mask"`, "", "not an IPv4 mask"},
		"an IPv4 mask of IPv6":     {`"ipAddress":"2001:db8::1","subnetMask":"255.255.255.0"`, "", "not an IPv4 mask"},
		"an address without mask":  {`"ipAddress":"10.1.0.0"`, "", "subnetMask: the field is needed"},
		"an address that is none":  {`"ipAddress":"10.1.0.300","subnetMask":"255.0.0.0"`, "", "ipAddress"},
		"nothing":                  {``, "", "ipAddress: the field is needed"},
		"a CIDR that is none":      {`"cidrNotation":"10.1.0.0/33"`, "", "cidrNotation"},
		"a CIDR that is a number":  {`"cidrNotation":16`, "", "cidrNotation"},
		"a CIDR without its bits":  {`"cidrNotation":"10.1.0.0"`, "", "cidrNotation"},
		"a CIDR that is a host is": {`"cidrNotation":"10.1.2.3/16"`, "10.1.0.0/16", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set, report := decodeVeeam(t, `{"trafficRules":[],"preferredNetworks":{"isEnabled":true,"networks":[{`+test.network+`}]}}`)
			if set.PreferredNetworks.Mode != engine.PreferredPrefer {
				t.Errorf("mode %q", set.PreferredNetworks.Mode)
			}
			var got []string
			for _, network := range set.PreferredNetworks.Networks {
				got = append(got, network.String())
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
			if reported := has(report, "", "preferredNetworks.networks", test.note); reported != (test.note != "") {
				t.Error(report)
			}
		})
	}
	t.Run("off keeps the list", func(t *testing.T) {
		set, _ := decodeVeeam(t, `{"trafficRules":[],"preferredNetworks":{"isEnabled":false,"networks":[{"cidrNotation":"10.1.0.0/16"}]}}`)
		if set.PreferredNetworks.Mode != engine.PreferredOff || len(set.PreferredNetworks.Networks) != 1 {
			t.Errorf("%+v", set.PreferredNetworks)
		}
	})
}

func TestRulesOfVeeamThatAreRefused(t *testing.T) {
	const branch = `rule "Branch"`
	window := func(options string) string {
		return throttled(`,"throttlingWindowEnabled":true,"throttlingWindowOptions":` + options)
	}
	oneDay := func(hours string) string { return window(`{"days":[{"day":"monday","hours":"` + hours + `"}]}`) }
	sides := func(source, target string) string {
		return `{"trafficRules":[{"name":"Branch",` + source + `,` + target + `}]}`
	}
	const target = `"targetIPStart":"10.0.0.2"`
	tests := map[string]struct{ body, of, field, part string }{
		"no rules":                   {`{"useMultipleStreamsPerJob":true}`, "traffic rules", "trafficRules", "needed"},
		"rules in a text":            {`{"trafficRules":"none"}`, "traffic rules", "trafficRules", "a list"},
		"a rule in a text":           {`{"trafficRules":["Branch"]}`, "rule number 1", "trafficRules", "an object"},
		"a name in numbers":          {`{"trafficRules":[{"name":1}]}`, "rule number 1", "name", "a text"},
		"a field that stands twice":  {`{"trafficRules":[{"name":"Branch","name":"x"}]}`, "rule number 1", "name", "twice"},
		"too many rules":             {`{"trafficRules":[` + strings.Repeat(`{"name":"x","sourceIPStart":"Any","targetIPStart":"Any"},`, engine.MaximumRules-1) + `{}]}`, "traffic rules", "trafficRules", "at most"},
		"no start":                   {sides(`"sourceIPEnd":"10.0.0.1"`, target), branch, "sourceIPStart", "needed"},
		"a start of garbage":         {sides(`"sourceIPStart":"ten"`, target), branch, "sourceIPStart", "not an IP"},
		"an end of garbage":          {sides(`"sourceIPStart":"10.0.0.1","sourceIPEnd":"ten"`, target), branch, "sourceIPEnd", "not an IP"},
		"a start in numbers":         {sides(`"sourceIPStart":1`, target), branch, "sourceIPStart", "a text"},
		"a reversed range":           {sides(`"sourceIPStart":"10.0.0.2","sourceIPEnd":"10.0.0.1"`, target), branch, "sourceIPEnd", "ends before"},
		"two families":               {sides(`"sourceIPStart":"10.0.0.2","sourceIPEnd":"2001:db8::1"`, target), branch, "sourceIPEnd", "mixes"},
		"Any with an end":            {sides(`"sourceIPStart":"Any","sourceIPEnd":"10.0.0.1"`, target), branch, "sourceIPEnd", "no end"},
		"Internet at both ends":      {sides(`"sourceIPStart":"Internet"`, `"targetIPStart":"Internet"`), branch, "sourceIPStart", "both ends"},
		"encryption in words":        {veeamRule(`,"encryptionEnabled":"true"`), branch, "encryptionEnabled", "true or false"},
		"throttling in words":        {veeamRule(`,"throttlingEnabled":"true"`), branch, "throttlingEnabled", "true or false"},
		"a limit without a unit":     {veeamRule(`,"throttlingEnabled":true,"throttlingValue":1`), branch, "throttlingUnit", "needed"},
		"an unknown unit":            {veeamRule(`,"throttlingEnabled":true,"throttlingValue":1,"throttlingUnit":"GbitPerSec"`), branch, "throttlingUnit", "GbitPerSec"},
		"a limit without a value":    {veeamRule(`,"throttlingEnabled":true,"throttlingUnit":"MbitPerSec"`), branch, "throttlingValue", "needed"},
		"a limit of zero":            {veeamRule(`,"throttlingEnabled":true,"throttlingUnit":"MbitPerSec","throttlingValue":0`), branch, "throttlingValue", "from 1"},
		"a negative limit":           {veeamRule(`,"throttlingEnabled":true,"throttlingUnit":"MbitPerSec","throttlingValue":-1`), branch, "throttlingValue", "whole number"},
		"a limit in quotes":          {veeamRule(`,"throttlingEnabled":true,"throttlingUnit":"MbitPerSec","throttlingValue":"1"`), branch, "throttlingValue", "a number"},
		"a window in words":          {throttled(`,"throttlingWindowEnabled":1`), branch, "throttlingWindowEnabled", "true or false"},
		"a window without hours":     {throttled(`,"throttlingWindowEnabled":true`), branch, "throttlingWindowOptions", "missing"},
		"a window without days":      {window(`{}`), branch, "throttlingWindowOptions", "days: the field is needed"},
		"a window that was cut off":  {window(`"@{days=System.Object[]}"`), branch, "throttlingWindowOptions", "an object"},
		"a day that is none":         {window(`{"days":[{"day":"someday","hours":""}]}`), branch, "throttlingWindowOptions", "someday"},
		"a day that stands twice":    {window(`{"days":[{"day":"monday","hours":"` + hours("1") + `"},{"day":"Monday","hours":"` + hours("1") + `"}]}`), branch, "throttlingWindowOptions", "monday stands twice"},
		"23 hours":                   {oneDay(hours("1")[2:]), branch, "throttlingWindowOptions", "these are 23"},
		"25 hours":                   {oneDay(hours("1") + ",1"), branch, "throttlingWindowOptions", "more than 24"},
		"an hour of two":             {oneDay(hours("2")), branch, "throttlingWindowOptions", "use 0 or 1"},
		"no hours":                   {window(`{"days":[{"day":"monday"}]}`), branch, "throttlingWindowOptions", "hours"},
		"networks in a list":         {`{"trafficRules":[],"preferredNetworks":[]}`, "preferredNetworks", "", ""},
		"networks enabled in words":  {`{"trafficRules":[],"preferredNetworks":{"isEnabled":"yes"}}`, "preferredNetworks", "isEnabled", "true or false"},
		"a network that is a text":   {`{"trafficRules":[],"preferredNetworks":{"networks":["10.0.0.0/8"]}}`, "preferredNetworks", "networks", "an object"},
		"more networks than allowed": {`{"trafficRules":[],"preferredNetworks":{"networks":[{}` + strings.Repeat(`,{}`, 1024) + `]}}`, "preferredNetworks", "networks", "at most 1024"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set, _, err := exchange.DecodeVeeam(strings.NewReader(test.body))
			if test.field == "" {
				if err == nil || !strings.HasPrefix(err.Error(), test.of+": ") {
					t.Error(err)
				}
				return
			}
			wantFieldError(t, err, test.of, test.field, test.part)
			if set.Rules != nil {
				t.Error("a refused file gives rules")
			}
		})
	}
}
