package administration

import (
	"context"
	"strings"

	"lockwire/engine"
	"lockwire/engine/report"
)

// ProtectionReport adds up the receipts of a span one at a time, whatever their number.
func (l *Local) ProtectionReport(ctx context.Context, span engine.Span) (engine.ProtectionReport, error) {
	made := engine.ProtectionReport{Installation: l.Config.Installation, Version: l.Version, Made: l.Now(), By: l.who, Span: span}
	tally := report.NewTally(&made)
	if err := l.Store.EachReceipt(ctx, span, func(r *engine.Receipt) error { tally.Add(r); return ctx.Err() }); err != nil {
		return engine.ProtectionReport{}, err
	}
	tally.End()
	if err := l.reportChanges(ctx, &made); err != nil {
		return engine.ProtectionReport{}, err
	}
	var err error
	if made.Receipts, err = l.VerifyReceipts(ctx); err != nil {
		if ctx.Err() != nil {
			return engine.ProtectionReport{}, err
		}
		made.ReceiptsProblem = err.Error()
	}
	made.Unprotected = []engine.Finding{}
	if l.Broker == nil {
		return made, nil
	}
	situation, err := engine.SituationOf(ctx, l, engine.CheckQuestion{Backends: true})
	if err != nil {
		return engine.ProtectionReport{}, err
	}
	made.Looked = true
	made.Running = new(engine.SealedAndPlain)
	for i := range situation.Sessions {
		made.Running.Add(situation.Sessions[i].Decision.Mode, situation.Sessions[i].Traffic.Bytes())
	}
	for _, f := range situation.Findings() {
		if f.Kind.Harm() == engine.HarmPlain && len(made.Unprotected) < engine.MaximumReportRows {
			made.Unprotected = append(made.Unprotected, f)
		}
	}
	return made, nil
}

// isReported tells whether a report lists changes of a kind of thing: what decides what is sealed, and where backups go.
func isReported(kind string) bool {
	switch kind {
	case "rule", "settings", "preferred-networks", "route":
		return true
	}
	return false
}

// reportChanges reads the changes of the span, the oldest first, and counts those that a report has no room for.
func (l *Local) reportChanges(ctx context.Context, made *engine.ProtectionReport) error {
	made.Changes = []engine.AuditEntry{}
	query := engine.AuditQuery{From: made.Span.From, Until: made.Span.Until, Upward: true, Limit: 1000}
	for {
		entries, err := l.Store.Audit(ctx, query)
		if err != nil {
			return err
		}
		for i := range entries {
			kind, _, _ := strings.Cut(entries[i].What, ".")
			switch {
			case !isReported(kind):
			case len(made.Changes) >= engine.MaximumReportEntries:
				made.MoreChanges++
			default:
				made.Changes = append(made.Changes, entries[i])
			}
		}
		if len(entries) < query.Limit {
			return nil
		}
		query.Before = entries[len(entries)-1].ID
	}
}
