package text

import (
	"bytes"
	"cmp"
	"strings"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

const (
	// mostKeys bounds the names whose place is remembered. All are forgotten when there are more.
	mostKeys = 1 << 15
	// longestKept is the longest text whose place is remembered: what is longer is no name.
	longestKept = 256
)

// order is the order of names in a language, in which 2 comes before 10. To find a name's place takes a microsecond, and a table of
// 10,000 rows asks for it 100,000 times: so places are remembered.
type order struct {
	mutex    sync.Mutex
	collator *collate.Collator
	buffer   collate.Buffer
	places   map[string][]byte
}

func newOrder(tag language.Tag) *order {
	return &order{collator: collate.New(tag, collate.Numeric), places: map[string][]byte{}}
}

func (o *order) compare(a, b string) int {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if len(a) > longestKept || len(b) > longestKept {
		return o.collator.CompareString(a, b)
	}
	return bytes.Compare(o.place(a), o.place(b))
}

func (o *order) place(name string) []byte {
	if place, known := o.places[name]; known {
		return place
	}
	if len(o.places) >= mostKeys {
		clear(o.places)
	}
	o.buffer.Reset()
	place := bytes.Clone(o.collator.KeyFromString(&o.buffer, name))
	o.places[strings.Clone(name)] = place
	return place
}

// Compare orders names for a list on the screen: as the system's language does, 2 before 10; without one by their letters, whatever the case.
func Compare(a, b string) int {
	if a == b {
		return 0
	}
	if order := inUse.Load().order; order != nil {
		return cmp.Or(order.compare(a, b), strings.Compare(a, b))
	}
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}
