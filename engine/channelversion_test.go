package engine

import "testing"

func TestComponentsOfDifferentChannelVersionsAreToldBothAndWhichToUpdate(t *testing.T) {
	component := func(name string, version int) *Component {
		return &Component{Name: name, Report: Report{ChannelVersion: version}}
	}
	for _, test := range []struct {
		source, target int
		want           string
	}{
		{1, 1, ""},
		{2, 2, ""},
		{2, 1, "db speaks version 2 of the data channel, vault speaks version 1 of the data channel: update Lockwire on vault"},
		{1, 2, "db speaks version 1 of the data channel, vault speaks version 2 of the data channel: update Lockwire on db"},
		{1, 0, "db speaks version 1 of the data channel, vault does not say which version of the data channel it speaks: update Lockwire on vault"},
		{0, 1, "db does not say which version of the data channel it speaks, vault speaks version 1 of the data channel: update Lockwire on db"},
		{0, 0, "db and vault do not say which version of the data channel they speak: update Lockwire on both"},
	} {
		if got := OtherChannelVersion(component("db", test.source), component("vault", test.target)); got != test.want {
			t.Errorf("%d and %d: %q; want %q", test.source, test.target, got, test.want)
		}
	}
}
