package routetest

import "lockwire/engine/pump"

// endReader reads an end of a pump as an io.Reader, which never returns without bytes.
type endReader struct{ end pump.End }

func (r *endReader) Read(p []byte) (int, error) {
	for {
		n, err := r.end.Read(p)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		if waiter, ok := r.end.(pump.Waiter); ok {
			if err := waiter.WaitReadable(); err != nil {
				return 0, err
			}
		}
	}
}
