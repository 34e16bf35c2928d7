package routes

import (
	"context"
	"errors"
	"strings"

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

// testSizes are how much a test can move over each source's channel.
var testSizes = []struct {
	words string
	bytes int64
}{{"16 MiB", 16 << 20}, {"64 MiB", 64 << 20}, {"256 MiB", 256 << 20}, {"1 GiB", 1 << 30}, {"4 GiB", 4 << 30}}

// routeTest is the dialog that moves real bytes over a route and says what it found, source by source.
type routeTest struct {
	console *page.Console
	route   engine.RouteStatus
	// dataPort is the port at which the target accepts channels.
	dataPort string
	dialog   *kit.FormDialog
	size     *widget.Select
	compare  *widget.Check
	connect  *widget.Check
	cancel   func() // ends the test that runs; nil while none does
	run      int    // counts tests, so that the answer of a cancelled one is dropped
}

func showRouteTest(c *page.Console, state *model.State, route engine.RouteStatus) *routeTest {
	t := &routeTest{console: c, route: route, dataPort: model.DataPortOf(nil)}
	if state != nil {
		t.dataPort = model.DataPortOf(model.ComponentIn(state, route.Target))
	}
	t.dialog = kit.ShowForm(c.Window, "Test route "+route.Name, fyne.NewSize(640, 560), t.stop)
	var words []string
	for _, size := range testSizes {
		words = append(words, size.words)
	}
	t.size = widget.NewSelect(words, nil)
	t.size.Selected = words[1]
	t.compare = widget.NewCheck("sealed and plain, one after the other", nil)
	t.compare.Checked = true
	t.connect = widget.NewCheck("really connect to the backend", nil)
	t.ask()
	return t
}

// stop ends the test that runs, where one does.
func (t *routeTest) stop() {
	t.run++
	if t.cancel != nil {
		t.cancel()
		t.cancel = nil
	}
}

// toProvider tells whether the route leads to a service provider: always sealed, and through its gateway only.
func (t *routeTest) toProvider() bool { return t.route.Provider != "" }

func (t *routeTest) ask() {
	start := widget.NewButton("Start the test", t.start)
	start.Importance = widget.HighImportance
	if t.toProvider() {
		t.dialog.Set(container.NewVBox(
			kit.Wrapped("The test moves real bytes from each source through the tunnel to the repository of "+t.route.TargetName+", in a session of its own: always sealed, as all that goes there. "+
				"The bytes are made up for it; they are not stored, and count for the quota there. What lies behind the provider's gateway is the provider's to look at."),
			kit.FormRows(kit.NewFormField("Move", t.size, "from each source, one source after the other"))),
			widget.NewButton("Close", t.dialog.Close), start)
		return
	}
	t.dialog.Set(container.NewVBox(
		kit.Wrapped("The test moves real bytes from each source to the target, in a session of its own that is as sealed or plain as the rules say, and to compare also the other way. "+
			"The bytes are made up for it: nothing of a backup is ever sent otherwise than the rules say. "+
			"Whether the backend listens, and only for Lockwire, is read from the target's table of sockets; nothing connects to it unless you choose that below."),
		kit.FormRows(kit.NewFormField("Move", t.size, "from each source, one source after the other"),
			kit.NewFormField("Compare", t.compare, "what encryption costs; traffic within one machine or through a provider gateway is not compared"),
			kit.NewFormField("Connect", t.connect, "from the target, and from each source past Lockwire; not to a backend that takes a single connection"))),
		widget.NewButton("Close", t.dialog.Close), start)
}

func (t *routeTest) start() {
	bytes := int64(0)
	for _, size := range testSizes {
		if size.words == t.size.Selected {
			bytes = size.bytes
		}
	}
	t.stop()
	run := t.run
	stop := widget.NewButton("Cancel the test", func() {
		t.stop()
		t.ask()
	})
	t.dialog.Set(container.NewVBox(
		kit.NewNotice(theme.InfoIcon(), theme.ColorNamePrimary, "The test runs: "+t.size.Selected+" from each of "+text.Count(max(len(t.route.Listeners), 1), "source", "sources")+"."),
		kit.Wrapped("A source that does not reach the target is given up after some seconds.")), stop)
	test := engine.RouteTest{Route: t.route.ID, Bytes: bytes, Compare: t.compare.Checked && !t.toProvider(), Connect: t.connect.Checked && !t.toProvider()}
	t.cancel = kit.FetchCancellable(t.console.Background, func(ctx context.Context) ([]engine.RouteTestResult, error) {
		return t.console.Admin.TestRoute(ctx, test)
	}, func(results []engine.RouteTestResult, err error) {
		if t.run != run {
			return // cancelled meanwhile, or closed
		}
		t.run++
		t.cancel = nil
		t.show(results, err)
	})
	if t.run != run {
		t.cancel = nil // the test was done before cancel was set
	}
}

func (t *routeTest) show(results []engine.RouteTestResult, err error) {
	rows := container.NewVBox()
	switch {
	case errors.Is(err, context.Canceled):
		t.ask()
		return
	case err != nil:
		rows.Add(kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "The test did not run: "+err.Error()))
	case len(results) == 0:
		rows.Add(kit.NewNotice(theme.WarningIcon(), kit.ColorPlain, "The route has no source yet, so there is nothing to test. Edit it and choose one."))
	}
	for i := range results {
		rows.Add(t.result(&results[i]))
	}
	again := widget.NewButton("Test again", t.ask)
	closing := widget.NewButton("Close", t.dialog.Close)
	closing.Importance = widget.HighImportance
	t.dialog.Set(rows, again, closing)
}

// finding is one line of a result: an icon, what was examined, and what was found.
type finding struct {
	icon  fyne.Resource
	color fyne.ThemeColorName
	name  string
	text  string
}

func (t *routeTest) result(r *engine.RouteTestResult) fyne.CanvasObject {
	rows := container.New(layout.NewFormLayout())
	for _, f := range t.findings(r) {
		name := widget.NewLabel(f.name)
		name.Importance = widget.LowImportance
		text := kit.Wrapped(f.text)
		text.Selectable = true
		switch f.color {
		case kit.ColorRefused:
			text.Importance = widget.DangerImportance
		case kit.ColorPlain:
			text.Importance = widget.WarningImportance
		}
		sign := container.NewVBox(container.New(layout.NewCustomPaddedLayout(6, 0, 0, 0), widget.NewIcon(theme.NewColoredResource(f.icon, f.color))))
		rows.Add(name)
		rows.Add(kit.Border(nil, nil, sign, nil, text))
	}
	content := container.NewVBox(kit.Section(r.ComponentName), rows)
	if r.Other != nil {
		content.Add(newRouteComparison(r.RouteTransfer, *r.Other))
	}
	return content
}

func good(name, text string) finding {
	return finding{theme.ConfirmIcon(), kit.ColorSealed, name, text}
}
func bad(name, text string) finding { return finding{theme.ErrorIcon(), kit.ColorRefused, name, text} }

// notTried is neither good nor bad.
func notTried(name, text string) finding {
	return finding{theme.QuestionIcon(), theme.ColorNamePlaceHolder, name, "not tried: " + text}
}

// noQuestion is where there was nothing to look at.
func noQuestion(name, text string) finding {
	return finding{theme.InfoIcon(), theme.ColorNamePlaceHolder, name, "does not apply: " + text}
}

func backendFinding(f engine.Observation) finding {
	switch f.Answer {
	case engine.NoQuestion:
		return noQuestion("Backend", f.Words)
	case engine.AnswerYes:
		return good("Backend", f.Words+" ("+strings.Join(f.At, ", ")+")")
	case engine.AnswerNo:
		return bad("Backend", f.Words)
	}
	return notTried("Backend", f.Words)
}

func aroundFinding(f engine.Observation) finding {
	switch f.Answer {
	case engine.NoQuestion:
		return noQuestion("Around Lockwire", f.Words)
	case engine.AnswerYes:
		return bad("Around Lockwire", f.Words+": "+strings.Join(f.At, ", ")+". Bind it to 127.0.0.1, or firewall it.")
	case engine.AnswerNo:
		return good("Around Lockwire", f.Words+", as it should be")
	}
	return notTried("Around Lockwire", f.Words)
}

// findings are the results of a test for one source, in reading order.
func (t *routeTest) findings(r *engine.RouteTestResult) []finding {
	var found []finding
	switch {
	case t.toProvider() && r.DataPort:
		found = append(found, good("Repository", "reached through the gateway "+r.Endpoint+", and it proved its key there"))
	case t.toProvider():
		found = append(found, bad("Repository", "not reached through the provider's gateway"))
	case r.DataPort:
		found = append(found, good("Data port", "reached at "+r.Endpoint+", and the target proved its key there"))
	default:
		found = append(found, bad("Data port", "not reached. Check that the target's "+t.dataPort+" is open in its firewall for this source."))
	}
	found = append(found, backendFinding(r.Backend), aroundFinding(r.Around))
	if r.Mode.Valid() {
		found = append(found, finding{page.ModeIcon(r.Mode), page.ModeColor(r.Mode), "Protection", r.Mode.String()})
	}
	if r.BytesPerSecond() > 0 && r.Other == nil {
		found = append(found, good("Transfer", transferWords(&r.RouteTransfer)), good("Processor", processorCostWords(&r.RouteTransfer)))
	}
	if r.Problem != "" {
		found = append(found, bad("Problem", r.Problem))
	}
	return found
}
