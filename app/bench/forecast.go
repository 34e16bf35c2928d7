//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"text/tabwriter"
	"time"

	"lockwire/app/host"
	"lockwire/app/server"
	"lockwire/engine"
)

// Aim for how far a forecast may be off.
const aimForecast = 0.15

// forecastRates are the paces of the transfers in bytes per second; 0 is as fast as it goes.
var forecastRates = []uint64{100e6, 300e6, 0}

// forecastError is what was forecast for one transfer, and what it took.
type forecastError struct {
	Origin      engine.CostOrigin
	BytesPerSec float64 // as it was in the transfer
	// Forecast and Measured are the cores that both agents together used more than before.
	Forecast, Measured float64
	// The errors are (forecast - measured) / measured: of each end, and of both together.
	SourceError, TargetError, Error float64
	Stated                          float64 // the error that the forecast itself names, as a part
}

// measureForecast compares the forecast for traffic with what the same traffic then takes of two real agents: first from what
// they measured of themselves, then from what their sessions took.
func measureForecast(ctx context.Context, o options, out io.Writer) (any, error) {
	sink, backend, err := startRole(ctx, "sink", struct{}{})
	if err != nil {
		return nil, err
	}
	defer sink.stop()
	listen, err := host.FreeAddress()
	if err != nil {
		return nil, err
	}
	i, err := newInstallation(ctx, o, plan{name: "forecast", components: 2, backend: backend, routes: []plannedRoute{{source: 0, target: 1, listen: listen}}, linger: 60})
	if err != nil {
		return nil, err
	}
	defer i.broker.stop()
	agents, stop, err := i.startPair(ctx, backend)
	if err != nil {
		return nil, err
	}
	defer stop()
	admin, closeAdmin, err := server.Attach(ctx, filepath.Join(i.folder, "broker"))
	if err != nil {
		return nil, err
	}
	defer closeAdmin()
	for _, m := range i.members { // one after the other: both would measure each other
		if err := admin.Calibrate(ctx, m.id); err != nil {
			return nil, err
		}
		if err := awaitComponent(ctx, admin, m.id, func(c *engine.ComponentStatus) bool { return c.Report.Calibration != nil }); err != nil {
			return nil, err
		}
	}
	var all []forecastError
	for _, origin := range []engine.CostOrigin{engine.MeasuredByCalibration, engine.MeasuredLive} {
		for _, pace := range forecastRates {
			for range o.forecastRounds {
				one, err := forecastOnce(ctx, admin, i, agents, listen, origin, pace, o.forecast)
				if err != nil {
					return nil, err
				}
				all = append(all, one)
			}
		}
		if origin == engine.MeasuredByCalibration {
			for _, m := range i.members {
				if err := awaitComponent(ctx, admin, m.id, func(c *engine.ComponentStatus) bool { return len(c.Load.Costs) > 0 }); err != nil {
					return nil, err
				}
			}
		}
	}
	printForecasts(out, all)
	return all, nil
}

func awaitComponent(ctx context.Context, admin engine.Administration, id engine.ID, there func(*engine.ComponentStatus) bool) error {
	return host.Await(ctx, awaitWithin, "the component", func() (bool, error) {
		components, err := admin.Components(ctx)
		for n := range components {
			if components[n].ID == id && there(&components[n]) {
				return true, err
			}
		}
		return false, err
	})
}

// forecastOnce sends bytes at a pace and compares. What was forecast is reckoned at the pace that the transfer then had, so that it
// is the cost that is judged, and not whether this machine can keep a pace.
func forecastOnce(ctx context.Context, admin engine.Administration, i *installation, agents [2]*process, listen string, origin engine.CostOrigin, pace uint64, size int64) (forecastError, error) {
	costsOf := forecastCosts
	if origin == engine.MeasuredByCalibration { // whatever has been learned since
		costsOf = calibratedCosts
	}
	costs, err := costsOf(ctx, admin, i)
	if err != nil {
		return forecastError{}, err
	}
	var spent [2]time.Duration
	for n := range agents {
		if spent[n], err = cpuOf(agents[n].cmd.Process.Pid); err != nil {
			return forecastError{}, err
		}
	}
	took, err := transfer(ctx, listen, load{Flows: 1}, size, pace)
	if err != nil {
		return forecastError{}, err
	}
	result := forecastError{Origin: origin, BytesPerSec: float64(size) / took.Seconds()}
	var measured, forecast [2]float64
	var stated float64
	for n := range agents {
		after, err := cpuOf(agents[n].cmd.Process.Pid)
		if err != nil {
			return forecastError{}, err
		}
		measured[n] = (after - spent[n]).Seconds() / took.Seconds()
		forecast[n] = costs[n].Cores(result.BytesPerSec)
		stated += costs[n].Error
	}
	result.Forecast, result.Measured = forecast[0]+forecast[1], measured[0]+measured[1]
	result.SourceError, result.TargetError = forecast[0]/measured[0]-1, forecast[1]/measured[1]-1
	result.Error, result.Stated = result.Forecast/result.Measured-1, stated/(costs[0].PerGB+costs[1].PerGB)
	return result, nil
}

// forecastCosts are those that a forecast reckons with now.
func forecastCosts(ctx context.Context, admin engine.Administration, i *installation) ([2]engine.Cost, error) {
	forecast, err := admin.Forecast(ctx, engine.ForecastQuestion{Source: i.members[0].name, Target: i.members[1].name})
	return [2]engine.Cost{forecast.Source.Cost, forecast.Target.Cost}, err
}

// calibratedCosts are those of a sealed session's source and target.
func calibratedCosts(ctx context.Context, admin engine.Administration, i *installation) (costs [2]engine.Cost, err error) {
	components, err := admin.Components(ctx)
	for n, side := range []engine.SideOfSession{engine.SourceEnd, engine.TargetEnd} {
		for _, c := range components {
			if c.ID != i.members[n].id || c.Report.Calibration == nil {
				continue
			}
			for _, cost := range c.Report.Calibration.Costs {
				if cost.Side == side && cost.Mode == engine.Sealed {
					costs[n] = cost.Cost
				}
			}
		}
	}
	return costs, err
}

func printForecasts(out io.Writer, all []forecastError) {
	fmt.Fprintln(out, "\nforecast against a real transfer over one sealed flow, cores of both agents")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "measured by\tGB/s\tforecast\ttook\terror\tsource\ttarget\tstated ±\t")
	worst := map[engine.CostOrigin]float64{}
	for _, one := range all {
		worst[one.Origin] = max(worst[one.Origin], math.Abs(one.Error))
		fmt.Fprintf(table, "%s\t%.2f\t%.3f\t%.3f\t%+.0f %%\t%+.0f %%\t%+.0f %%\t%.0f %%\t\n", one.Origin, one.BytesPerSec/1e9, one.Forecast, one.Measured,
			100*one.Error, 100*one.SourceError, 100*one.TargetError, 100*one.Stated)
	}
	_ = table.Flush()
	for _, origin := range []engine.CostOrigin{engine.MeasuredByCalibration, engine.MeasuredLive} {
		fmt.Fprintf(out, "by %s the worst is %.0f %% off (aim: within %.0f %%)%s\n", origin, 100*worst[origin], 100*aimForecast, verdict(worst[origin] <= aimForecast))
	}
}
