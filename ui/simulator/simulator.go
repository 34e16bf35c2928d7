package simulator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// view asks what the rules decide for two ends, and shows each step of why.
type view struct {
	console *page.Console
	content fyne.CanvasObject
	tabs    *container.AppTabs
	pairs   *coveragePane

	source, target *widget.SelectEntry
	sameHost       *widget.Check
	operation      *widget.RadioGroup
	at             *widget.Entry
	ask            *widget.Button
	problem        *widget.Label
	answer         *fyne.Container
	scroll         *container.Scroll
	names          []string
	asked          int // the number of the newest question: an older answer is dropped
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c}
	p.content = p.build()
	return p
}

func (p *view) Name() string        { return "simulator" }
func (p *view) Title() string       { return "Simulator" }
func (p *view) Icon() fyne.Resource { return theme.QuestionIcon() }

// Commands has Decide.
func (p *view) Commands() []page.Command {
	return []page.Command{{Title: "Decide", Run: p.decide}, page.TabCommand("One pair or all pairs", p.tabs)}
}

const momentLayout = "2006-01-02 15:04"

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.content }

func (p *view) build() fyne.CanvasObject {
	p.source, p.target = widget.NewSelectEntry(nil), widget.NewSelectEntry(nil)
	p.source.SetPlaceHolder("a component, or such as 10.1.0.7, 203.0.113.9")
	p.target.SetPlaceHolder("a component, or addresses")
	p.sameHost = widget.NewCheck("One machine", nil)
	p.operation = widget.NewRadioGroup([]string{"backup", "restore"}, nil)
	p.operation.Horizontal, p.operation.Required = true, true
	p.operation.SetSelected(p.operation.Options[0])
	p.at = widget.NewEntry()
	p.at.SetPlaceHolder("now, or such as " + time.Now().Format(momentLayout))
	p.ask = widget.NewButton("Decide", p.decide)
	p.ask.Importance = widget.HighImportance
	p.source.OnSubmitted = func(string) { p.decide() }
	p.target.OnSubmitted = func(string) { p.decide() }
	p.at.OnSubmitted = func(string) { p.decide() }
	p.problem = widget.NewLabel("")
	p.problem.Importance = widget.DangerImportance
	p.problem.Wrapping = fyne.TextWrapWord
	p.problem.Hide()
	p.answer = container.NewVBox(kit.Wrapped("Pick two components, or type addresses, and see whether traffic between them would be sealed, with which limit, and why."))
	p.scroll = container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 8, 0, 14), p.answer))
	question := kit.Border(container.NewVBox(p.form(), p.problem, widget.NewSeparator()), nil, nil, nil, p.scroll)
	p.pairs = newCoveragePane(p.console, p.askAbout)
	p.tabs = page.NewTabs(p.console.Window, func() {}, container.NewTabItem("One pair", question), container.NewTabItem("All pairs", p.pairs.content))
	return p.tabs
}

// form has source and target above each other, and the other fields beside them.
func (p *view) form() fyne.CanvasObject {
	ends := container.New(layout.NewFormLayout(), widget.NewLabel("Source"), p.source, widget.NewLabel("Target"), p.target)
	rest := container.New(layout.NewFormLayout(),
		widget.NewLabel("Direction"), container.NewHBox(p.operation, p.sameHost),
		widget.NewLabel("When"), kit.Border(nil, nil, nil, p.ask, p.at))
	return container.NewGridWithColumns(2, ends, rest)
}

// allPairsTab is the index of the coverage among the tabs.
const allPairsTab = 1

// askAbout puts a pair into the question and decides it.
func (p *view) askAbout(source, target string, sameHost bool) {
	p.tabs.SelectIndex(0)
	p.source.SetText(source)
	p.target.SetText(target)
	p.sameHost.SetChecked(sameHost)
	p.decide()
	p.console.Window.Canvas().Focus(p.source)
}

// TakesKeys is the first end of the pair that was asked about.
func (p *view) TakesKeys() fyne.Focusable {
	if p.tabs.SelectedIndex() == allPairsTab {
		return nil
	}
	return p.source
}

// Open asks about a pair, as page.PairThing names it.
func (p *view) Open(thing string) {
	if source, target, found := strings.Cut(thing, page.BetweenNames); found {
		p.askAbout(source, target, false)
	}
}

// Update offers the present components. The first time it asks about the pair that talked last.
func (p *view) Update(state *model.State) {
	names := model.ComponentNames(state)
	if !slices.Equal(names, p.names) {
		p.names = names
		p.source.SetOptions(names)
		p.target.SetOptions(names)
	}
	if p.asked == 0 && p.source.Text == "" && p.target.Text == "" {
		if source, target, sameHost, found := lastPair(state); found {
			p.source.SetText(source)
			p.target.SetText(target)
			p.sameHost.SetChecked(sameHost)
			p.decide()
		}
	}
	if p.tabs.SelectedIndex() == allPairsTab {
		p.pairs.update(state)
	}
}

// question reads the fields.
func (p *view) question() (engine.Question, error) {
	question := engine.Question{Operation: engine.Backup, LiveSessions: 1, SameHost: p.sameHost.Checked, WhyNot: true}
	if p.operation.Selected == p.operation.Options[1] {
		question.Operation = engine.Restore
	}
	if text := strings.TrimSpace(p.at.Text); text != "" {
		moment, err := time.ParseInLocation(momentLayout, text, time.Local)
		if err != nil {
			return question, fmt.Errorf("when: %q is not a time; write one such as %s", text, time.Now().Format(momentLayout))
		}
		question.At = moment
	}
	var err error
	if question.Source, err = p.end(p.source.Text); err != nil {
		return question, fmt.Errorf("source: %w", err)
	}
	question.Target, err = p.end(p.target.Text)
	if err != nil {
		return question, fmt.Errorf("target: %w", err)
	}
	return question, nil
}

// end parses one end: the name of a component, or addresses.
func (p *view) end(text string) (engine.QuestionParty, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return engine.QuestionParty{}, errors.New("pick a component, or type an address such as 10.1.0.7")
	}
	for _, name := range p.names {
		if engine.SameName(name, text) {
			return engine.QuestionParty{Component: name}, nil
		}
	}
	addresses, err := engine.ParseAddresses(text)
	if err != nil {
		return engine.QuestionParty{}, fmt.Errorf("%w, and no component has that name", err)
	}
	end := engine.QuestionParty{}
	for _, address := range addresses {
		end.Addresses = append(end.Addresses, engine.Address{Address: address})
	}
	return end, nil
}

// simulated is the answer to a question: the decision, and the week of each way in which the data of the pair flows.
type simulated struct {
	decision        engine.Decision
	backup, restore engine.Week
}

func (p *view) simulate(ctx context.Context, question engine.Question) (a simulated, err error) {
	if a.decision, err = p.console.Admin.Explain(ctx, question); err != nil {
		return a, err
	}
	question.Operation = engine.Backup
	if a.backup, err = p.console.Admin.Week(ctx, question); err != nil {
		return a, err
	}
	question.Operation = engine.Restore
	a.restore, err = p.console.Admin.Week(ctx, question)
	return a, err
}

func (p *view) decide() {
	question, err := p.question()
	if err != nil {
		p.problem.SetText(err.Error())
		p.problem.Show()
		return
	}
	p.problem.Hide()
	p.asked++
	number := p.asked
	source, target := strings.TrimSpace(p.source.Text), strings.TrimSpace(p.target.Text)
	kit.Fetch(p.console.Background, func(ctx context.Context) (simulated, error) { return p.simulate(ctx, question) }, func(answered simulated, err error) {
		if number != p.asked {
			return
		}
		if err != nil {
			p.problem.SetText(err.Error())
			p.problem.Show()
			return
		}
		p.answer.Objects = []fyne.CanvasObject{kit.Dense(page.DecisionParts(&answered.decision)), widget.NewSeparator(), newWeekPane(p.answer.Size().Width, source, target, &answered.backup, &answered.restore).content}
		p.answer.Refresh()
		p.scroll.ScrollToTop()
	})
}
