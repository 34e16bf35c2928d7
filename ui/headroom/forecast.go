package headroom

import (
	"context"
	"errors"
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

// forecastEvery is how often a forecast is repeated with the present load.
const forecastEvery = 3 * time.Second

// forecastPanel shows what more traffic between two components would cost both, and follows the input.
type forecastPanel struct {
	console *page.Console
	content fyne.CanvasObject

	source, target *kit.PickEntry
	more, flows    *widget.Entry
	unit           *widget.Select
	direction      *widget.RadioGroup
	fields         map[string]*kit.FormField // by the names of the engine's field errors
	answer         *fyne.Container
	result         *forecastResult
	shown          fyne.CanvasObject

	state  *model.State
	asked  time.Time // when, by the clock of states
	asking bool
	turn   int // of the newest question; an answer to an older one is dropped
	cancel func()
	filled bool // the first ends were filled in, or the user typed
}

// forecastFields are the names of the fields, from above.
var forecastFields = []string{"source", "target", "rate", "flows"}

const (
	backupWord  = "backup"
	restoreWord = "restore"
)

func newForecastPanel(c *page.Console) *forecastPanel {
	p := &forecastPanel{console: c, cancel: func() {}, result: newForecastResult(), answer: container.NewStack()}
	changed := func(string) { p.changed() }
	components := func() []kit.Option {
		if p.state == nil {
			return nil
		}
		return page.ComponentOptions(p.state)
	}
	p.source, p.target = kit.NewPickEntry(components), kit.NewPickEntry(components)
	p.more, p.flows = widget.NewEntry(), widget.NewEntry()
	p.source.SetPlaceHolder("a component")
	p.target.SetPlaceHolder("a component")
	p.more.SetPlaceHolder("as much as fits")
	p.flows.SetPlaceHolder("one a core")
	var units []string
	for _, unit := range forecastUnits {
		units = append(units, unit.name)
	}
	p.unit = widget.NewSelect(units, changed)
	p.unit.Selected = units[0]
	p.direction = widget.NewRadioGroup([]string{backupWord, restoreWord}, nil)
	p.direction.Horizontal, p.direction.Required = true, true
	p.direction.Selected = backupWord
	p.direction.OnChanged = changed
	for _, entry := range []*widget.Entry{&p.source.Entry, &p.target.Entry, p.more, p.flows} {
		entry.OnChanged = changed
	}
	field := func(name, title string, input fyne.CanvasObject) *kit.FormField {
		f := kit.NewFormRow(title, input)
		p.fields[name] = f
		return f
	}
	p.fields = map[string]*kit.FormField{}
	form := kit.FormRows(field("source", "Source", p.source), field("target", "Target", p.target),
		field("rate", "This much more", kit.Border(nil, nil, nil, p.unit, p.more)),
		field("flows", "Over flows", kit.Border(nil, nil, nil, p.direction, p.flows)))
	body := container.NewVBox(form, widget.NewSeparator(), p.answer)
	p.content = kit.Border(kit.Section("Forecast: what more traffic would take"), nil, nil, nil,
		container.NewVScroll(container.New(layout.NewCustomPaddedLayout(0, 8, 0, 14), body)))
	p.sayWhatIsMissing()
	return p
}

// from makes a component the source of the forecast, to its target.
func (p *forecastPanel) from(c *engine.ComponentStatus) {
	if c != nil {
		p.source.SetText(c.Name)
	}
}

func (p *forecastPanel) to(c *engine.ComponentStatus) {
	if c != nil {
		p.target.SetText(c.Name)
	}
}

// update takes up a newer state, and periodically refreshes the forecast.
func (p *forecastPanel) update(state *model.State) {
	p.state = state
	p.fillFirst()
	if !p.asking && state.Problem == "" && state.When.Sub(p.asked).Abs() >= forecastEvery {
		p.ask(0)
	}
}

// fillFirst begins with the ends of the first route.
func (p *forecastPanel) fillFirst() {
	if p.filled || p.source.Text != "" || p.target.Text != "" {
		return
	}
	for i := range p.state.Routes {
		r := &p.state.Routes[i]
		target := model.ComponentIn(p.state, r.Target)
		if target == nil || len(r.Listeners) == 0 {
			continue
		}
		if source := model.ComponentIn(p.state, r.Listeners[0].Component); source != nil {
			p.filled = true
			p.source.SetText(source.Name)
			p.target.SetText(target.Name)
			return
		}
	}
}

// changed repeats the forecast once typing has paused.
func (p *forecastPanel) changed() {
	p.filled = true
	if p.state != nil {
		_, wrong, _ := p.question()
		p.mark(wrong)
	}
	p.ask(p.console.TypingPause)
}

// question reads the fields. Wrong has their errors; ok is false if there is nothing to ask.
func (p *forecastPanel) question() (question engine.ForecastQuestion, wrong map[string]error, ok bool) {
	wrong = map[string]error{}
	find := func(field, text string) string {
		text = strings.TrimSpace(text)
		if text == "" {
			return ""
		}
		c := model.ComponentNamed(p.state, text)
		if c == nil {
			wrong[field] = errors.New("no component has that name")
			return ""
		}
		return c.Name
	}
	question.Source, question.Target = find("source", p.source.Text), find("target", p.target.Text)
	question.BytesPerSecond, wrong["rate"] = parseForecastRate(p.more.Text, p.unit.Selected)
	question.Flows, wrong["flows"] = parseFlows(p.flows.Text)
	question.Operation = engine.Backup
	if p.direction.Selected == restoreWord {
		question.Operation = engine.Restore
	}
	ok = question.Source != "" && question.Target != ""
	var refused *engine.FieldError
	if ok && errors.As(question.Check(), &refused) && wrong[refused.Field] == nil {
		wrong[refused.Field] = refused
	}
	for _, err := range wrong {
		ok = ok && err == nil
	}
	return question, wrong, ok
}

// mark marks the fields that are wrong.
func (p *forecastPanel) mark(wrong map[string]error) {
	for name, field := range p.fields {
		field.SetError(wrong[name])
	}
}

// ask asks for a forecast after a pause. A newer call cancels an older one.
func (p *forecastPanel) ask(wait time.Duration) {
	p.turn++
	p.cancel()
	p.asking = false
	if p.state == nil {
		return
	}
	question, wrong, ok := p.question()
	if !ok {
		p.mark(wrong)
		p.sayWhatIsMissing()
		return
	}
	turn := p.turn
	p.asked, p.asking = p.state.When, true
	cancel := kit.FetchCancellable(p.console.Background, func(ctx context.Context) (engine.Forecast, error) {
		if err := engine.Pause(ctx, wait); err != nil {
			return engine.Forecast{}, err
		}
		return p.console.Admin.Forecast(ctx, question)
	}, func(forecast engine.Forecast, err error) {
		if turn != p.turn || errors.Is(err, context.Canceled) {
			return
		}
		p.asking = false
		p.answered(&forecast, err)
	})
	if turn == p.turn {
		p.cancel = cancel
	}
}

func (p *forecastPanel) answered(forecast *engine.Forecast, err error) {
	var field *engine.FieldError
	switch {
	case errors.As(err, &field) && p.fields[field.Field] != nil:
		p.mark(map[string]error{field.Field: err})
		p.sayWhatIsMissing()
	case err != nil:
		p.say(kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "There is no forecast: "+err.Error()))
	default:
		p.mark(nil)
		p.result.set(forecast)
		p.put(p.result.content)
	}
}

// sayWhatIsMissing says why there is no forecast. What is wrong with the fields stands where the answer would be, so that the form
// keeps no room for it.
func (p *forecastPanel) sayWhatIsMissing() {
	var wrong []string
	for _, name := range forecastFields {
		if field := p.fields[name]; field.Problem() != "" {
			wrong = append(wrong, field.Name()+": "+field.Problem())
		}
	}
	if len(wrong) > 0 {
		p.say(kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, strings.Join(wrong, "\n")))
		return
	}
	p.say(kit.Muted("Choose a source and a target to see what fits, and what limits it."))
}

// say shows something in place of a forecast.
func (p *forecastPanel) say(o fyne.CanvasObject) {
	switch text := p.shown.(type) {
	case *widget.Label:
		if said, ok := o.(*widget.Label); ok && said.Text == text.Text {
			return
		}
	case *kit.Notice:
		if said, ok := o.(*kit.Notice); ok && said.Label.Text == text.Label.Text {
			return
		}
	}
	p.put(o)
}

func (p *forecastPanel) put(o fyne.CanvasObject) {
	if p.shown == o {
		return
	}
	p.shown = o
	p.answer.Objects = []fyne.CanvasObject{o}
	p.answer.Refresh()
}
