package exchange_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockwire/engine"
	"lockwire/engine/exchange"
)

func TestRulesOfPowerShellAreRead(t *testing.T) {
	for _, file := range []string{"rules.csv", "cmdlet.json"} {
		t.Run(file, func(t *testing.T) {
			body, err := os.Open("testdata/veeam/" + file)
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			set, report, err := exchange.DecodeAny(body)
			if err != nil {
				t.Fatal(err)
			}
			branch, campus, internet := find(t, set, "Branch north"), find(t, set, "Campus; all of it"), find(t, set, engine.InternetRuleName)
			if got := branch.Source[0].String() + " to " + branch.Target[0].String(); got != "192.168.10.1-192.168.10.254 to 172.16.0.31" || !branch.Encrypt {
				t.Errorf("%s, encrypted %v", got, branch.Encrypt)
			}
			want := &engine.Throttle{Limit: engine.Limit{Value: 200, Unit: engine.MegabitsPerSecond}, NeverThrottleRestores: true}
			if difference := cmp.Diff(want, branch.Throttle); difference != "" || branch.Schedule != nil {
				t.Errorf("%s, hours %v", difference, branch.Schedule)
			}
			if !has(report, branch.Name, "ThrottlingWindowOptions", "GET /api/v1/trafficRules has them") {
				t.Errorf("nothing says that the hours stay behind: %v", report)
			}
			want = &engine.Throttle{Limit: engine.Limit{Value: 40, Unit: engine.MegabytesPerSecond}}
			if difference := cmp.Diff(want, campus.Throttle); difference != "" || campus.Encrypt {
				t.Errorf("restores are included: %s", difference)
			}
			if !internet.Encrypt || internet.Throttle != nil || !has(report, internet.Name, "throttlingValue", "10 Mbit/s is switched off") {
				t.Errorf("%+v %v", internet, report)
			}
			if has(report, "", "throttlingEnabled", "") {
				t.Errorf("the file tells of each rule whether restores are included: %v", report)
			}
		})
	}
}

func TestWhatPowerShellMakesOfAValueIsRead(t *testing.T) {
	const rest = `"Name":"a","SourceIPStart":"10.0.0.1","TargetIPStart":"10.0.0.2"`
	tests := map[string]struct {
		fields string
		want   func(engine.Rule) bool
	}{
		"a switch":             {`"EncryptionEnabled":{"IsPresent":true}`, func(r engine.Rule) bool { return r.Encrypt }},
		"a flag":               {`"encryptionenabled":true`, func(r engine.Rule) bool { return r.Encrypt }},
		"a number":             {`"ThrottlingEnabled":"TRUE","ThrottlingUnit":"KbytePerSec","ThrottlingValue":7`, func(r engine.Rule) bool { return r.Throttle.Limit.BytesPerSecond() == 7000 }},
		"an address of .NET":   {`"SourceIPEnd":{"Address":1,"IPAddressToString":"10.0.0.9"}`, func(r engine.Rule) bool { return r.Source[0].String() == "10.0.0.1-10.0.0.9" }},
		"null":                 {`"SourceIPEnd":null`, func(r engine.Rule) bool { return r.Source[0].String() == "10.0.0.1" }},
		"an unknown unit, off": {`"ThrottlingEnabled":false,"ThrottlingUnit":"Furlong"`, func(r engine.Rule) bool { return r.Throttle == nil }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set, report, err := exchange.DecodeAny(strings.NewReader("{" + rest + "," + test.fields + "}"))
			if err != nil || !test.want(find(t, set, "a")) {
				t.Errorf("%+v %v %v", set.Rules, report, err)
			}
		})
	}
}

func TestWhatPowerShellDoesNotTellIsRefused(t *testing.T) {
	const limit = `"ThrottlingEnabled":true,"ThrottlingValue":5,`
	tests := map[string]struct{ fields, want string }{
		"a unit by its number":  {limit + `"ThrottlingUnit":1`, "does not tell which unit it is; export with Export-Csv"},
		"a flag that is none":   {`"EncryptionEnabled":"yes"`, "EncryptionEnabled: true or false is needed"},
		"a switch that is none": {`"EncryptionEnabled":{"Is":true}`, "true or false is needed"},
		"a value with a sign":   {`"ThrottlingEnabled":true,"ThrottlingUnit":"MbitPerSec","ThrottlingValue":"-5"`, "-5 is not a whole number"},
		"a field twice":         {`"EncryptionEnabled":true,"encryptionEnabled":false`, "stands twice"},
		"an object as address":  {`"SourceIPEnd":{"Address":1}`, "a text is needed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := exchange.DecodeAny(strings.NewReader(`[{"Name":"a","SourceIPStart":"10.0.0.1","TargetIPStart":"10.0.0.2",` + test.fields + `}]`))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Error(err)
			}
		})
	}
	for name, text := range map[string]string{
		"a row that is too short":   "Name,SourceIPStart,TargetIPStart\na,10.0.0.1\n",
		"a quote that never ends":   "Name,SourceIPStart,TargetIPStart\n\"a,10.0.0.1,10.0.0.2\n",
		"a column that comes twice": "Name,SourceIPStart,SourceIPStart,TargetIPStart\na,10.0.0.1,10.0.0.1,10.0.0.2\n",
	} {
		t.Run(name, func(t *testing.T) {
			if set, _, err := exchange.DecodeAny(strings.NewReader(text)); err == nil {
				t.Errorf("%+v", set)
			}
		})
	}
}
