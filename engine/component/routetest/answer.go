package routetest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"

	"lockwire/engine/channel"
	"lockwire/engine/component/route"
)

// Answer takes the bytes of a test at the target and answers what came.
func (t *Transfers) Answer(f *route.Flow, in *channel.Incoming) {
	defer f.Session.Cut(testOver) // a test has one flow
	defer f.Close()
	if err := f.Accept(in); err != nil {
		return
	}
	if err := t.take(f); err != nil {
		f.Session.Log.Info("a test of the route broke off", "reason", err.Error())
	}
}

func (t *Transfers) take(f *route.Flow) error {
	end, err := f.Remote()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(f.Context, transferTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, end.Reset)()
	before := t.Spent()
	sum := sha256.New()
	buffer := make([]byte, channel.MaximumPlaintext+64)
	reader := &endReader{end: end}
	count := uint64(0)
	_, takes := f.Session.Limiters()
	for {
		n, err := reader.Read(buffer)
		if takes != nil && n > 0 { // a tenant's test is no way around its limit or its quota
			if late := takes.Wait(ctx, n); late != nil {
				return late
			}
		}
		sum.Write(buffer[:n])
		count += uint64(n)
		f.Session.Counters.ToLocal.Add(uint64(n))
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	spent := t.Spent() - before
	if f.Session.Offer.Tunnel {
		spent = 0
	}
	reply := binary.BigEndian.AppendUint64(nil, count)
	reply = binary.BigEndian.AppendUint64(reply, uint64(spent))
	reply = sum.Sum(reply)
	copy(end.Buffer(), reply)
	if err := end.Commit(len(reply)); err != nil {
		return err
	}
	if err := end.CloseWrite(); err != nil {
		return err
	}
	f.Ended()
	return end.Close()
}
