//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lockwire/app/bench/longpath"
	"lockwire/engine"
)

// Aims for a flow over five streams.
const (
	aimStreamsFar  = 4.0 // times one stream, at 100 ms
	aimStreamsNear = 0.95
	streamsAim     = 100 * time.Millisecond
	manyStreams    = 5
)

// striped is what one path carried.
type striped struct {
	Conditions longpath.Conditions
	// Direct is a TCP connection without Lockwire, One a flow over one stream, Many one over at most five, in bytes per second.
	Direct, One, Many float64
}

func (s striped) times() float64 { return s.Many / s.One }

type streamFigures struct {
	// TopRate is what the relay of the long path carries at most, in bytes per second.
	TopRate float64
	Far     []striped
	// NearOne and NearMany are GB/s between agents on loopback.
	NearOne, NearMany float64
}

// measureStreams carries one flow over long paths, over one stream and over several.
func measureStreams(ctx context.Context, o options, out io.Writer) (any, error) {
	figures := streamFigures{}
	var err error
	if figures.NearOne, figures.NearMany, err = measureNearStreams(ctx, o); err != nil {
		return nil, err
	}
	ratio := figures.NearMany / figures.NearOne
	fmt.Fprintf(out, "\nStreams: real agents, sealed\non loopback: one stream %.2f GB/s, at most %d %.2f GB/s: %.2f x (aim: at least %.2f)%s\n",
		figures.NearOne, manyStreams, figures.NearMany, ratio, aimStreamsNear, verdict(ratio >= aimStreamsNear))
	if os.Geteuid() != 0 {
		fmt.Fprintln(out, "long paths are skipped: machines of their own are network namespaces, which need root")
		return figures, nil
	}
	if err := measureFarStreams(ctx, o, &figures, out); err != nil {
		return nil, err
	}
	return figures, nil
}

// measureNearStreams transfers through agents on loopback, in rounds.
func measureNearStreams(ctx context.Context, o options) (one, many float64, err error) {
	sink, sinkAddress, err := startRole(ctx, "sink", struct{}{})
	if err != nil {
		return 0, 0, err
	}
	defer sink.stop()
	listens, err := freeAddresses(2)
	if err != nil {
		return 0, 0, err
	}
	i, err := newInstallation(ctx, o, plan{name: "streams near", components: 2, backend: sinkAddress, routes: streamRoutes(listens)})
	if err != nil {
		return 0, 0, err
	}
	defer i.broker.stop()
	_, stop, err := i.startPair(ctx, sinkAddress)
	if err != nil {
		return 0, 0, err
	}
	defer stop()
	var rates [2][]float64
	for range o.rounds {
		for n, listen := range listens {
			took, err := transfer(ctx, listen, load{Flows: 1}, o.nearStreams, 0)
			if err != nil {
				return 0, 0, err
			}
			rates[n] = append(rates[n], float64(o.nearStreams)/1e9/took.Seconds())
		}
	}
	return middle(rates[0]), middle(rates[1]), nil
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// streamRoutes are a route with one stream and one with several.
func streamRoutes(listens []string) []plannedRoute {
	return []plannedRoute{{source: 0, target: 1, listen: listens[0], streams: engine.OneStream}, {source: 0, target: 1, listen: listens[1], streams: manyStreams}}
}

const (
	farBackend   = "127.0.0.1:9000"
	farDirect    = pathTarget + ":9001"
	farDataPort  = ":6171"
	farListenOne = "127.0.0.1:8001"
	farListen5   = "127.0.0.1:8005"
)

// measureFarStreams lets a flow pour over each path.
func measureFarStreams(ctx context.Context, o options, figures *streamFigures, out io.Writer) error {
	network, err := newLan(ctx, 3)
	if err != nil {
		return err
	}
	defer network.remove()
	source, target := network.machine(vaultAt), network.machine(vaultAt+1)
	path, err := newLongPath(ctx, source, target)
	if err != nil {
		return err
	}
	defer path.relay.stop()
	if err := path.set(ctx, longpath.Conditions{}); err != nil {
		return err
	}
	if figures.TopRate, err = pourOnce(ctx, o, source, target, farDirect, farDirect); err != nil {
		return err
	}
	fmt.Fprintf(out, "the packet relay of the long paths carries at most %s; TCP with %s; MB/s of one flow, after %v\n", engine.RateInWords(uint64(figures.TopRate)), pathCongestion, o.streamsWarmUp)

	i := &rulesInstallation{installation: &installation{folder: filepath.Join(o.folder, "streams far")}, network: network, target: 1, dataPorts: []string{pathSource + farDataPort, pathTarget + farDataPort}}
	if err := os.Mkdir(i.folder, 0o700); err != nil {
		return err
	}
	defer i.stop()
	if err := i.startFar(ctx, o); err != nil {
		return err
	}
	fmt.Fprintf(out, "%24s %10s %10s %10s %8s\n", "round trip, loss", "direct TCP", "1 stream", fmt.Sprintf("at most %d", manyStreams), "times")
	for _, roundTrip := range o.roundTrips {
		for _, loss := range o.losses {
			s := striped{Conditions: longpath.Conditions{RoundTrip: roundTrip, Loss: loss, Seed: 1}}
			for _, measured := range []struct {
				to, backend string
				into        *float64
			}{{farDirect, farDirect, &s.Direct}, {farListenOne, farBackend, &s.One}, {farListen5, farBackend, &s.Many}} {
				if err := path.set(ctx, s.Conditions); err != nil { // the same packets are lost again
					return err
				}
				if *measured.into, err = pourOnce(ctx, o, source, target, measured.to, measured.backend); err != nil {
					return fmt.Errorf("%v: %w", s.Conditions, err)
				}
			}
			figures.Far = append(figures.Far, s)
			aim := ""
			if roundTrip == streamsAim {
				aim = fmt.Sprintf(" (aim: at least %.0f)%s", aimStreamsFar, verdict(s.times() >= aimStreamsFar))
			}
			fmt.Fprintf(out, "%14v %7g %% %10.2f %10.2f %10.2f %8.2f%s\n", roundTrip, 100*loss, s.Direct/1e6, s.One/1e6, s.Many/1e6, s.times(), aim)
		}
	}
	return nil
}

// startFar starts a broker and both agents, whose data ports are on the long path.
func (i *rulesInstallation) startFar(ctx context.Context, o options) (err error) {
	if i.programs, err = buildPrograms(ctx, o.folder); err != nil {
		return err
	}
	data := filepath.Join(i.folder, "broker")
	if err := i.fill(ctx, data, plan{components: 2, backend: farBackend, routes: streamRoutes([]string{farListenOne, farListen5}), linger: 1}); err != nil {
		return fmt.Errorf("fill the record: %w", err)
	}
	i.address = i.network.machine(brokerAt).address + ":6170"
	if i.broker, err = i.startOn(ctx, brokerAt, i.address, i.programs.broker, "serve", "--data", data, "--listen", i.address, "--log-level", "warn"); err != nil {
		return err
	}
	for n := range i.members {
		agent, err := i.startMember(ctx, n)
		if err != nil {
			return err
		}
		i.agents = append(i.agents, agent)
	}
	return i.awaitRoutes(ctx)
}

// pourOnce gives the rate of one flow, once it has run for a while.
func pourOnce(ctx context.Context, o options, source, target *machineOn, to, backend string) (float64, error) {
	p, err := newPouring(target, backend)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	if err := p.begin(ctx, source, to); err != nil {
		return 0, err
	}
	flows := []*pouring{p}
	watch(ctx, flows, o.streamsWarmUp)
	readings := watch(ctx, flows, o.streamsPour)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if p.arrived.Load() == 0 {
		return 0, errors.New("nothing arrived")
	}
	return rateBetween(readings[0], readings[len(readings)-1]), nil
}
