package uitest

import (
	"context"
	"io"

	"lockwire/engine"
)

// Answers is an administration that answers some questions itself, and leaves the others to a real one.
type Answers struct {
	engine.Administration
	OnToken     func(engine.TokenRequest) (engine.Token, error)
	OnRevoke    func(engine.ID) error // of a join token
	OnTestRoute func(context.Context, engine.RouteTest) ([]engine.RouteTestResult, error)
	OnBackup    func(context.Context, []byte, io.Writer) error

	OnForecast  func(context.Context, engine.ForecastQuestion) (engine.Forecast, error)
	OnCalibrate func(context.Context, engine.ID) error
	OnPreview   func(*engine.Effect) // adds to an effect what a running broker knows

	OnLinkTenant  func(engine.LinkRequest) (engine.TenantLink, error)
	OnAddProvider func(engine.ProviderLink) (engine.ProviderStatus, error)
}

func (a *Answers) Preview(ctx context.Context, change engine.Change) (engine.Effect, error) {
	effect, err := a.Administration.Preview(ctx, change)
	if a.OnPreview != nil {
		a.OnPreview(&effect)
	}
	return effect, err
}

func (a *Answers) Forecast(ctx context.Context, question engine.ForecastQuestion) (engine.Forecast, error) {
	if a.OnForecast == nil {
		return a.Administration.Forecast(ctx, question)
	}
	return a.OnForecast(ctx, question)
}

func (a *Answers) Calibrate(ctx context.Context, component engine.ID) error {
	if a.OnCalibrate == nil {
		return a.Administration.Calibrate(ctx, component)
	}
	return a.OnCalibrate(ctx, component)
}

func (a *Answers) NewToken(_ context.Context, request engine.TokenRequest) (engine.Token, error) {
	return a.OnToken(request)
}

func (a *Answers) RevokeToken(_ context.Context, id engine.ID) error { return a.OnRevoke(id) }

func (a *Answers) TestRoute(ctx context.Context, test engine.RouteTest) ([]engine.RouteTestResult, error) {
	return a.OnTestRoute(ctx, test)
}

func (a *Answers) Backup(ctx context.Context, passphrase []byte, to io.Writer) error {
	return a.OnBackup(ctx, passphrase, to)
}

func (a *Answers) LinkTenant(_ context.Context, request engine.LinkRequest) (engine.TenantLink, error) {
	return a.OnLinkTenant(request)
}

func (a *Answers) AddProvider(_ context.Context, link engine.ProviderLink) (engine.ProviderStatus, error) {
	return a.OnAddProvider(link)
}
