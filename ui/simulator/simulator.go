package simulator

import (
	"context"
	"errors"
	"fmt"
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
	"lockwire/ui/text"
)

// view asks what the rules decide for two ends, and shows each step of why.
type view struct {
	console *page.Console
	content fyne.CanvasObject
	tabs    *container.AppTabs
	pairs   *coveragePane

	source, target *kit.PickEntry
	sameHost       *widget.Check
	operation      *widget.RadioGroup
	at             *widget.Entry
	problem        *widget.Label
	answer         *fyne.Container
	scroll         *container.Scroll
	state          *model.State // the newest; an empty one at first
	filling        bool         // fields are filled by the page, which asks once they all are
	asked          int          // the number of the newest question: an older answer is dropped
	stop           func()       // cancels it; nil before the first
	answered       string       // the two ends of the answer that is shown; empty where none is
}

// New makes the page.
func New(c *page.Console) page.Page {
	p := &view{console: c, state: &model.State{}}
	p.content = p.build()
	return p
}

func (p *view) Name() string        { return "simulator" }
func (p *view) Title() string       { return "Simulator" }
func (p *view) Icon() fyne.Resource { return theme.QuestionIcon() }

// Commands has the other tab.
func (p *view) Commands() []page.Command {
	return []page.Command{page.TabCommand("One pair or all pairs", p.tabs)}
}

// Content is the page.
func (p *view) Content() fyne.CanvasObject { return p.content }

func (p *view) build() fyne.CanvasObject {
	offered := func() []kit.Option { return page.ComponentOptions(p.state) }
	p.source, p.target = kit.NewPickEntry(offered), kit.NewPickEntry(offered)
	p.source.SetPlaceHolder("a component, or such as 10.1.0.7, 203.0.113.9")
	p.target.SetPlaceHolder("a component, or addresses")
	for _, end := range []*kit.PickEntry{p.source, p.target} {
		end.Free = true
		end.OnChanged = func(string) { p.changed() }
		end.OnSubmitted = func(string) { p.decide() }
	}
	p.sameHost = widget.NewCheck("Both on one machine", func(bool) { p.changed() })
	p.operation = widget.NewRadioGroup([]string{"backup", "restore"}, nil)
	p.operation.Horizontal, p.operation.Required = true, true
	p.operation.Selected = p.operation.Options[0]
	p.operation.OnChanged = func(string) { p.changed() }
	p.at = widget.NewEntry()
	p.at.SetPlaceHolder("now, or such as " + text.Minute(time.Now()))
	p.at.OnChanged = func(string) { p.changed() }
	p.at.OnSubmitted = func(string) { p.decide() }
	p.problem = widget.NewLabel("")
	p.problem.Importance = widget.DangerImportance
	p.problem.Wrapping = fyne.TextWrapWord
	p.problem.Hide()
	p.answer = container.NewVBox()
	p.clear()
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
		widget.NewLabel("When"), p.at)
	return container.NewGridWithColumns(2, ends, rest)
}

// allPairsTab is the index of the coverage among the tabs.
const allPairsTab = 1

// askAbout puts a pair into the question and decides it.
func (p *view) askAbout(source, target string, sameHost bool) {
	p.tabs.SelectIndex(0)
	p.fill(source, target, sameHost)
	p.console.Window.Canvas().Focus(p.source)
}

func (p *view) fill(source, target string, sameHost bool) {
	p.filling = true
	p.source.SetText(source)
	p.target.SetText(target)
	p.sameHost.SetChecked(sameHost)
	p.filling = false
	p.decide()
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

// Leave keeps the state lean.
func (p *view) Leave() { p.state = p.state.Lean() }

// Update offers the present components. The first time it asks about the pair that talked last; later it asks again where something was
// changed that may decide.
func (p *view) Update(state *model.State) {
	changed := p.state.Revision != state.Revision
	p.state = state
	switch {
	case p.asked == 0 && p.source.Text == "" && p.target.Text == "":
		if source, target, sameHost, found := lastPair(state); found {
			p.fill(source, target, sameHost)
		}
	case changed && p.answered != "":
		p.decide()
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
	if typed := strings.TrimSpace(p.at.Text); typed != "" {
		moment, err := text.ParseMinute(typed, time.Local)
		if err != nil {
			return question, fmt.Errorf("when: %w", err)
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
	if c := model.ComponentNamed(p.state, text); c != nil {
		return engine.QuestionParty{Component: c.Name}, nil
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

// changed asks once the fields have not changed for a moment.
func (p *view) changed() {
	if !p.filling {
		p.askAfter(p.console.TypingPause)
	}
}

// decide asks at once.
func (p *view) decide() { p.askAfter(0) }

// askAfter asks what the fields say after a pause, off Fyne's goroutine. Another question before its answer takes its place. Until both ends
// are given there is nothing to ask.
func (p *view) askAfter(pause time.Duration) {
	if p.stop != nil {
		p.stop()
	}
	p.asked++
	number := p.asked
	source, target := strings.TrimSpace(p.source.Text), strings.TrimSpace(p.target.Text)
	if source == "" || target == "" {
		p.say(nil)
		p.clear()
		return
	}
	question, wrong := p.question()
	moment := "now, " + text.Minute(time.Now())
	if !question.At.IsZero() {
		moment = text.Minute(question.At)
	}
	about := fmt.Sprintf("%s to %s, %s, %s", source, target, p.operation.Selected, moment)
	p.stop = kit.FetchCancellable(p.console.Background, func(ctx context.Context) (simulated, error) {
		if err := engine.Pause(ctx, pause); err != nil {
			return simulated{}, err
		}
		if wrong != nil {
			return simulated{}, wrong
		}
		return p.simulate(ctx, question)
	}, func(a simulated, err error) {
		if number != p.asked {
			return
		}
		p.say(err)
		if err != nil {
			p.clear()
			return
		}
		p.show(source, target, about, &a)
	})
}

// say says what is wrong with the fields; nil says nothing.
func (p *view) say(err error) {
	if err != nil {
		p.problem.SetText(err.Error())
	}
	kit.Present(p.problem, err != nil)
}

// clear takes the answer away: it is none to what the fields say.
func (p *view) clear() {
	p.answered = ""
	p.answer.Objects = []fyne.CanvasObject{kit.Wrapped("Pick two components, or type addresses, and see whether traffic between them would be sealed, with which limit, and why.")}
	p.answer.Refresh()
}

// show shows an answer, with what it is about. Another one about the same two stays where it was scrolled to.
func (p *view) show(source, target, about string, a *simulated) {
	p.answer.Objects = []fyne.CanvasObject{kit.Caption(about), kit.Dense(page.DecisionParts(&a.decision)), widget.NewSeparator(), newWeekPane(p.answer.Size().Width, source, target, &a.backup, &a.restore).content}
	p.answer.Refresh()
	if ends := page.PairThing(source, target); ends != p.answered {
		p.answered = ends
		p.scroll.ScrollToTop()
	}
}
