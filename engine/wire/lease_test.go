package wire

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
)

// "None" is absent, and 0 is a limit: nothing may pass.
func TestLeaseTellsNoLimitFromZero(t *testing.T) {
	for _, limit := range []uint64{0, 1, 12_500_000, NoLimit} {
		bytes, err := proto.Marshal(&Allotment{Lease: NewLease(7, limit)})
		if err != nil {
			t.Fatal(err)
		}
		var got Allotment
		if err := proto.Unmarshal(bytes, &got); err != nil {
			t.Fatal(err)
		}
		if number, read, err := got.GetLease().Terms(); number != 7 || read != limit || err != nil {
			t.Errorf("%d was read as lease %d of %d, %v", limit, number, read, err)
		}
	}
	if number, limit, err := (*Lease)(nil).Terms(); number != 0 || limit != NoLimit || err != nil {
		t.Errorf("no lease: %d of %d, %v", number, limit, err)
	}
	if _, _, err := NewLease(maximumLeaseNumber+1, 1).Terms(); !errors.Is(err, ErrMalformed) {
		t.Errorf("a number that leaves no room: %v", err)
	}
}
