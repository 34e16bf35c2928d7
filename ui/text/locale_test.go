package text

import (
	"slices"
	"testing"
	"time"

	"lockwire/engine"
)

// under has a test's texts follow a locale.
func under(t *testing.T, name string) {
	t.Helper()
	before := inUse.Load()
	t.Cleanup(func() { Use(before) })
	Use(NewLocale(name, name, name))
}

func TestTimesNumbersAndNamesFollowTheLocale(t *testing.T) {
	zone := time.Local
	t.Cleanup(func() { time.Local = zone })
	time.Local = time.FixedZone("CEST", 2*60*60)
	at := time.Date(2027, time.January, 31, 18, 5, 9, 70e6, time.Local)
	day := engine.Date{Year: 2027, Month: time.January, Day: 31}
	names := []string{"zeta", "Öl", "web10", "ost", "Web2"}
	plain := []string{"2027-01-31 18:05:09", "2027-01-31 18:05:09.070 CEST (+02:00)", "2027-01-31", "18:05:09", "31 January", "31 January 2027", "2027-01-31 18:05", "1,234,567", "0.25", "1.6 Gbit/s", "1.07 GB"}
	plainNames := []string{"ost", "web10", "Web2", "zeta", "Öl"}
	for name, want := range map[string]struct{ texts, names []string }{
		"":                 {plain, plainNames},
		"C":                {plain, plainNames},
		"C.UTF-8":          {plain, plainNames},
		"POSIX":            {plain, plainNames},
		"xq_ZZ.UTF-8":      {plain, plainNames},
		"no locale at all": {plain, plainNames},
		"en-US":            {[]string{"01/31/2027 06:05:09 PM", "01/31/2027 06:05:09.070 PM CEST (+02:00)", "01/31/2027", "06:05:09 PM", "January 31", "January 31, 2027", "01/31/2027 06:05 PM", "1,234,567", "0.25", "1.6 Gbit/s", "1.07 GB"}, []string{"Öl", "ost", "Web2", "web10", "zeta"}},
		"en_US.UTF-8":      {[]string{"01/31/2027 06:05:09 PM", "01/31/2027 06:05:09.070 PM CEST (+02:00)", "01/31/2027", "06:05:09 PM", "January 31", "January 31, 2027", "01/31/2027 06:05 PM", "1,234,567", "0.25", "1.6 Gbit/s", "1.07 GB"}, []string{"Öl", "ost", "Web2", "web10", "zeta"}},
		"de_DE.UTF-8@euro": {[]string{"31.01.2027 18:05:09", "31.01.2027 18:05:09.070 CEST (+02:00)", "31.01.2027", "18:05:09", "31 January", "31 January 2027", "31.01.2027 18:05", "1.234.567", "0,25", "1,6 Gbit/s", "1,07 GB"}, []string{"Öl", "ost", "Web2", "web10", "zeta"}},
		"en-GB":            {[]string{"31/01/2027 18:05:09", "31/01/2027 18:05:09.070 CEST (+02:00)", "31/01/2027", "18:05:09", "31 January", "31 January 2027", "31/01/2027 18:05", "1,234,567", "0.25", "1.6 Gbit/s", "1.07 GB"}, []string{"Öl", "ost", "Web2", "web10", "zeta"}},
		"sv_SE":            {[]string{"2027-01-31 18:05:09", "2027-01-31 18:05:09.070 CEST (+02:00)", "2027-01-31", "18:05:09", "31 January", "31 January 2027", "2027-01-31 18:05", "1\u00a0234\u00a0567", "0,25", "1,6 Gbit/s", "1,07 GB"}, []string{"ost", "Web2", "web10", "zeta", "Öl"}},
		"fr_FR.UTF-8":      {[]string{"31/01/2027 18:05:09", "31/01/2027 18:05:09.070 CEST (+02:00)", "31/01/2027", "18:05:09", "31 January", "31 January 2027", "31/01/2027 18:05", "1\u00a0234\u00a0567", "0,25", "1,6 Gbit/s", "1,07 GB"}, []string{"Öl", "ost", "Web2", "web10", "zeta"}},
		"ar_EG":            {[]string{"31/01/2027 06:05:09 PM", "31/01/2027 06:05:09.070 PM CEST (+02:00)", "31/01/2027", "06:05:09 PM", "31 January", "31 January 2027", "31/01/2027 06:05 PM", "1,234,567", "0.25", "1.6 Gbit/s", "1.07 GB"}, []string{"Öl", "ost", "Web2", "web10", "zeta"}},
	} {
		t.Run(name, func(t *testing.T) {
			under(t, name)
			got := []string{Time(at), ZonedTime(at), Day(at), Clock(at), DayOfYear(at), LongDay(at), Minute(at), Number(1234567), Decimal(0.25, 2), Rate(200e6), Size(1_070_000_000)}
			if !slices.Equal(got, want.texts) {
				t.Errorf("written as\n%q, want\n%q", got, want.texts)
			}
			if sorted := slices.SortedFunc(slices.Values(names), Compare); !slices.Equal(sorted, want.names) {
				t.Errorf("in the order %q, want %q", sorted, want.names)
			}
			if read, err := ParseDate(Date(day)); err != nil || read != day {
				t.Errorf("%q is read as %v, %v", Date(day), read, err)
			}
			if read, err := ParseMinute(Minute(at), time.Local); err != nil || !read.Equal(at.Truncate(time.Minute)) {
				t.Errorf("%q is read as %v, %v", Minute(at), read, err)
			}
			if read, err := ParseDecimal(Decimal(0.25, 2)); err != nil || read != 0.25 {
				t.Errorf("%q is read as %v, %v", Decimal(0.25, 2), read, err)
			}
			for _, typed := range []string{"2027-01-31", " 2027-01-31 "} {
				if read, err := ParseDate(typed); err != nil || read != day {
					t.Errorf("%q is read as %v, %v", typed, read, err)
				}
			}
			if read, err := ParseMinute("2027-01-31 18:05", time.Local); err != nil || !read.Equal(at.Truncate(time.Minute)) {
				t.Errorf("a moment with the year first is read as %v, %v", read, err)
			}
		})
	}
}

func TestEachPartFollowsItsOwnLocale(t *testing.T) {
	before := inUse.Load()
	t.Cleanup(func() { Use(before) })
	Use(NewLocale("de_DE", "en_US", "C"))
	if got := []string{ExampleDay(), Number(1234), Decimal(1.5, 1)}; !slices.Equal(got, []string{"31.01.2027", "1,234", "1.5"}) {
		t.Errorf("written as %q", got)
	}
	if Compare("web10", "web2") > 0 {
		t.Error("names are not in the order of their letters")
	}
}

func TestWhatIsNoDayIsRefusedWithAnExampleOfTheLocale(t *testing.T) {
	under(t, "de_DE")
	for _, typed := range []string{"01/31/2027", "31.13.2027", "tomorrow", "31.1.27"} {
		if _, err := ParseDate(typed); err == nil || err.Error() != `"`+typed+`" is not a day; write one as 31.01.2027` {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if read, err := ParseDate("1.2.2027"); err != nil || read != (engine.Date{Year: 2027, Month: time.February, Day: 1}) {
		t.Errorf("a day of one digit is read as %v, %v", read, err)
	}
	if _, err := ParseMinute("noon", time.Local); err == nil {
		t.Error("noon was read as a time")
	}
}

func TestTheOrderOfNamesHoldsForMoreThanAreRemembered(t *testing.T) {
	under(t, "en_US")
	for i := range mostKeys + 10 {
		if a, b := "web"+Decimal(float64(i), 0), "web"+Decimal(float64(i+1), 0); Compare(a, b) >= 0 {
			t.Fatalf("%s is not before %s", a, b)
		}
	}
	if kept := len(inUse.Load().order.places); kept > mostKeys {
		t.Errorf("%d names are remembered", kept)
	}
}
