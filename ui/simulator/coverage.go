package simulator

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/grid"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// coveragePane shows the decision for all pairs of components, and its findings.
type coveragePane struct {
	console *page.Console
	content fyne.CanvasObject
	// ask opens the question about a pair, by the names of the two.
	ask func(source, target string, sameHost bool)

	stage    *kit.PageStage
	body     fyne.CanvasObject
	filter   *widget.Entry
	routed   *widget.Check
	counts   *widget.Label
	pair     *widget.Label
	matrix   *coverageMatrix
	findings *widget.List
	nothing  *widget.Label // where there is no finding

	coverage engine.Coverage
	known    bool
	asked    time.Time // the time of the state that was asked about last
	revision uint64
	basis    uint64 // what else the answer depends on
	seed     maphash.Seed
	cancel   func() // cancels the question that is under way
	number   int

	naming func() // cancels the question about the pair that is pointed at
	named  int
}

func newCoveragePane(c *page.Console, ask func(source, target string, sameHost bool)) *coveragePane {
	p := &coveragePane{console: c, ask: ask, seed: maphash.MakeSeed()}
	p.filter = kit.NewFilter(func(string) { p.narrowed() })
	p.routed = widget.NewCheck("Only pairs with a route", func(bool) { p.narrowed() })
	p.nothing = kit.Muted("Nothing: no pair is plain although it touches a public address, and none is sealed only because of an interface.")
	p.counts, p.pair = widget.NewLabel(""), widget.NewLabel("")
	p.pair.Truncation = fyne.TextTruncateEllipsis
	p.matrix = newCoverageMatrix(p.point, p.choose)
	p.findings = widget.NewList(func() int { return len(p.coverage.Findings) }, newFinding, p.fillFinding)
	p.findings.OnSelected = func(i widget.ListItemID) {
		p.findings.UnselectAll()
		if finding := p.coverage.Findings[i]; finding.Other != "" {
			p.ask(finding.Component, finding.Other, false)
		} else {
			p.filter.SetText(finding.Component)
		}
	}
	legend := container.NewHBox(
		newCoverageMark(engine.Sealed, engine.ByRule), widget.NewLabel("sealed"), newCoverageMark(engine.Plain, engine.ByNone), widget.NewLabel("plain"),
		newCoverageMark(engine.Plain, engine.BySameMachine), widget.NewLabel("plain, one machine"))
	top := container.NewVBox(kit.NewToolbar(p.filter, p.routed), kit.Border(nil, nil, legend, p.counts))
	found := kit.Border(widget.NewLabelWithStyle("What stands out", fyne.TextAlignLeading, fyne.TextStyle{Bold: true}), nil, nil, nil, container.NewStack(p.findings, container.NewVBox(p.nothing)))
	split := container.NewHSplit(p.matrix, found)
	split.Offset = 0.68
	p.body = kit.Border(nil, p.pair, nil, nil, split)
	p.stage = kit.NewPageStage(kit.NewBusy("Deciding for all pairs…").Content)
	p.content = kit.Border(top, nil, nil, nil, p.stage.Content)
	p.pair.SetText(pairHint)
	return p
}

// coverageRetry is the pause after a failed question, and the least time between questions that no edit causes: components report
// other addresses, sessions begin and end.
const coverageRetry = 5 * time.Second

const pairHint = "Point at a square to see what decides the pair. Double-click, or Enter, asks why."

// update asks again if anything that the answer depends on has changed.
func (p *coveragePane) update(state *model.State) {
	edited := p.revision != state.Revision
	if !p.asked.IsZero() && !(p.known && edited) && state.When.Sub(p.asked) < coverageRetry {
		return
	}
	basis := coverageBasis(p.seed, state)
	if p.known && !edited && p.basis == basis {
		return
	}
	p.known, p.revision, p.basis = true, state.Revision, basis
	p.asked = state.When
	p.renew()
}

// renew asks for the coverage; a newer question drops an older answer.
func (p *coveragePane) renew() {
	if p.cancel != nil {
		p.cancel()
	}
	p.number++
	number := p.number
	p.cancel = kit.FetchCancellable(p.console.Background, func(ctx context.Context) (engine.Coverage, error) {
		return p.console.Admin.Coverage(ctx, engine.CoverageQuestion{})
	}, func(coverage engine.Coverage, err error) {
		if number != p.number {
			return
		}
		if err != nil {
			p.known = false // asked again after coverageRetry
			p.stage.Show(kit.NewPlaceholder(theme.WarningIcon(), "The pairs could not be decided", err.Error(), nil).Content)
			return
		}
		p.coverage = coverage
		p.show()
	})
}

// narrowed shows the pairs that pass the filter, from the first one on.
func (p *coveragePane) narrowed() {
	p.forgetPair()
	p.pair.SetText(pairHint)
	p.show()
	p.matrix.restart()
}

// show shows what matches the filter.
func (p *coveragePane) show() {
	switch {
	case p.coverage.At.IsZero():
		return // no answer yet
	case len(p.coverage.Components) < 2:
		p.stage.Show(kit.NewPlaceholder(theme.ComputerIcon(), "No pairs yet", "When two components have joined, this shows what the rules say for each pair of them.", nil).Content)
		return
	}
	words := grid.ParseWords(p.filter.Text)
	var shown []int
	for i, component := range p.coverage.Components {
		if words.In(component.Name + " " + string(component.Role)) {
			shown = append(shown, i)
		}
	}
	if p.routed.Checked { // a component without a route would be an empty row
		shown = slices.DeleteFunc(shown, func(i int) bool {
			return !slices.ContainsFunc(p.coverage.Routed, func(pair [2]int) bool { return pair[0] == i || pair[1] == i })
		})
	}
	p.matrix.set(p.coverage, shown, p.routed.Checked)
	p.counts.SetText(fmt.Sprintf("%s sealed, %s plain", text.Count(p.coverage.Sealed, "pair", "pairs"), text.Number(p.coverage.Plain)))
	p.findings.Refresh()
	kit.Present(p.nothing, len(p.coverage.Findings) == 0)
	p.stage.Show(p.body)
}

// point shows what decides a pair. It names the rule once the mouse or the cursor pauses.
func (p *coveragePane) point(row, column int) {
	number := p.forgetPair()
	mode, by := p.coverage.Cell(row, column)
	source, target := &p.coverage.Components[row], &p.coverage.Components[column]
	pair := fmt.Sprintf("%s – %s: %s, ", source.Name, target.Name, mode)
	p.pair.SetText(pair + coverageReasons[by])
	if by != engine.ByRule && by != engine.ByExempt {
		return
	}
	question := engine.Question{Source: engine.QuestionParty{Component: string(source.ID)}, Target: engine.QuestionParty{Component: string(target.ID)}, LiveSessions: 1}
	p.naming = kit.FetchCancellable(p.console.Background, func(ctx context.Context) (engine.Decision, error) {
		if err := engine.Pause(ctx, p.console.TypingPause); err != nil {
			return engine.Decision{}, err
		}
		return p.console.Admin.Explain(ctx, question)
	}, func(decision engine.Decision, err error) {
		if err == nil && number == p.named && decision.By == by { // otherwise the next update shows the new decision
			p.pair.SetText(pair + "because of " + decision.BecauseInShort())
		}
	})
}

// forgetPair drops the answer about the pair that was pointed at. It gives the number of the next question.
func (p *coveragePane) forgetPair() int {
	if p.naming != nil {
		p.naming()
	}
	p.named++
	return p.named
}

func (p *coveragePane) choose(row, column int) {
	_, by := p.coverage.Cell(row, column)
	p.ask(p.coverage.Components[row].Name, p.coverage.Components[column].Name, by == engine.BySameMachine)
}

// coverageReasons say what decided a pair.
var coverageReasons = map[engine.By]string{
	engine.ByProviderGateway: "one is a provider gateway", engine.BySameMachine: "both are one machine", engine.ByRule: "a rule encrypts",
	engine.ByAutomatic: "one has a public address", engine.ByExempt: "a trusted link exempts them", engine.ByNone: "nothing requires encryption",
}

func newFinding() fyne.CanvasObject {
	text := kit.Wrapped("two lines of a sentence that says what stands out, such as a link that is plain although it is public")
	return kit.Border(nil, nil, widget.NewIcon(nil), nil, text)
}

func (p *coveragePane) fillFinding(i widget.ListItemID, o fyne.CanvasObject) {
	finding := &p.coverage.Findings[i]
	row := o.(*fyne.Container)
	row.Objects[1].(*widget.Label).SetText(finding.Text)
	icon := theme.NewColoredResource(assets.LockClosed, kit.ColorSealed)
	if finding.Kind == engine.PlainAlthoughPublic {
		icon = theme.NewColoredResource(assets.LockOpen, kit.ColorPlain)
	}
	row.Objects[0].(*widget.Icon).SetResource(icon)
	p.findings.SetItemHeight(i, row.MinSize().Height)
}
