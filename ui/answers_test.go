package ui

import (
	"context"
	"io"

	"lockwire/engine"
)

// answers is an administration that answers some questions itself, and leaves the others to a real one.
type answers struct {
	engine.Administration
	token  func(engine.TokenRequest) (engine.Token, error)
	tested func(context.Context, engine.RouteTest) ([]engine.RouteTestResult, error)
	backup func(context.Context, []byte, io.Writer) error

	forecast  func(context.Context, engine.ForecastQuestion) (engine.Forecast, error)
	calibrate func(context.Context, engine.ID) error
}

func (a *answers) Forecast(ctx context.Context, question engine.ForecastQuestion) (engine.Forecast, error) {
	if a.forecast == nil {
		return a.Administration.Forecast(ctx, question)
	}
	return a.forecast(ctx, question)
}

func (a *answers) Calibrate(ctx context.Context, component engine.ID) error {
	if a.calibrate == nil {
		return a.Administration.Calibrate(ctx, component)
	}
	return a.calibrate(ctx, component)
}

func (a *answers) NewToken(_ context.Context, request engine.TokenRequest) (engine.Token, error) {
	return a.token(request)
}

func (a *answers) TestRoute(ctx context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error) {
	return a.tested(ctx, test)
}

func (a *answers) Backup(ctx context.Context, passphrase []byte, to io.Writer) error {
	return a.backup(ctx, passphrase, to)
}
