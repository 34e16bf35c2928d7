package tenants

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// edit is the dialog of what a tenant may do, of a new one or of one that is there.
type edit struct {
	console *page.Console
	dialog  *kit.FormDialog
	before  engine.Tenant    // without an id for a new one
	offered []engine.Service // that lead to a repository of this installation
	done    func(engine.Tenant)
	state   *model.State    // the newest one; nil before there is one
	ending  *fyne.Container // lists the sessions that saving ends

	name, limit, quota, until                               *kit.FormEntry
	unit                                                    *widget.Select
	services                                                *kit.PickSeveral
	nameField, limitField, quotaField, untilField, mayField *kit.FormField
	problem                                                 *kit.Notice
	save                                                    *widget.Button
}

func (p *view) addTenant() {
	if p.State != nil && p.State.MayChange() {
		showEdit(p.console, engine.Tenant{}, p.State, func(added engine.Tenant) { p.Choose(added.ID) })
	}
}

func (p *view) edit() {
	if t := p.editable(); t != nil {
		showEdit(p.console, t.Tenant, p.State, nil)
	}
}

// showEdit asks for the services and then opens the dialog. Done gets what was stored; it may be nil.
func showEdit(c *page.Console, before engine.Tenant, state *model.State, done func(engine.Tenant)) {
	kit.Fetch(c.Background, c.Admin.Services, func(services []engine.Service, err error) {
		if err != nil {
			kit.ShowError(c.Window, "The services could not be read", err)
			return
		}
		newEdit(c, before, slices.DeleteFunc(services, func(s engine.Service) bool { return s.Provider != "" }), state, done)
	})
}

func newEdit(c *page.Console, before engine.Tenant, offered []engine.Service, state *model.State, done func(engine.Tenant)) *edit {
	e := &edit{console: c, before: before, offered: offered, state: state, done: done, ending: container.NewVBox()}
	title, verb := "Add a tenant", "Add tenant"
	if before.ID != "" {
		title, verb = "Edit tenant "+before.Name, "Save"
	}
	e.dialog = kit.ShowForm(c.Window, title, fyne.NewSize(640, 530), nil)
	d := e.dialog
	changed := func(string) { e.check() }
	e.name = d.Entry(before.Name, "smith", changed)
	e.limit = d.Entry("", "no limit", changed)
	e.quota = d.Entry("", "no quota", changed)
	e.until = d.Entry(untilWords(&engine.TenantStatus{Tenant: before}), "no last day", changed)
	var services []kit.Option
	var chosen []string
	unit := engine.MegabitsPerSecond
	if before.Limit != nil {
		e.limit.Text, unit = strconv.FormatUint(before.Limit.Value, 10), before.Limit.Unit
	}
	e.unit = page.UnitSelect(unit, changed)
	if before.Quota > 0 {
		e.quota.Text = engine.FormatSize(before.Quota)
	}
	for _, s := range offered {
		services = append(services, kit.Option{Name: s.Name, About: s.Backend})
		if slices.Contains(before.Services, s.ID) {
			chosen = append(chosen, s.Name)
		}
	}
	e.services = d.PickSeveral("type the name of a service", func() []kit.Option { return services })
	e.services.Choose(chosen...)
	e.services.OnChanged = e.check
	var may fyne.CanvasObject = kit.Muted("There is no service yet. A route brings one, and so does lockwired services add.")
	if len(services) > 0 {
		may = e.services.Content
	}
	e.nameField = kit.NewFormField("Name", e.name, "what sessions, receipts and this table call the customer")
	e.mayField = kit.NewFormField("Services", may, "that it may use: the repositories where its backups go")
	e.limitField = kit.NewFormField("Limit", kit.Border(nil, nil, nil, e.unit, e.limit), "for all of its sessions together, both ways")
	e.quotaField = kit.NewFormField("Quota", e.quota, "of what your repositories receive from it, such as 2TB; it is never counted down")
	e.untilField = kit.NewFormField("Last day", e.until, "such as "+text.ExampleDay()+", in the time zone of the settings")
	e.problem = kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "")
	e.problem.Hide()
	e.save = widget.NewButton(verb, e.submit)
	e.save.Importance = widget.HighImportance
	rows := container.NewVBox(e.meanwhile(), d.Rows(e.nameField, e.mayField, e.limitField, e.quotaField, e.untilField))
	rows.Add(e.ending)
	rows.Add(e.problem)
	d.Set(rows, widget.NewButton("Cancel", d.Close), e.save)
	e.check()
	c.Window.Canvas().Focus(e.name)
	c.Watch(func(state *model.State) (closed bool) {
		e.state = state
		e.showEnding()
		return e.dialog.Done
	})
	return e
}

// showEnding lists the live sessions that saving would end now.
func (e *edit) showEnding() {
	if e.before.ID == "" || e.state == nil || e.dialog.Done {
		return
	}
	tenant, problems := e.read()
	for _, problem := range problems {
		if problem != nil { // nothing is saved then
			tenant = e.before
		}
	}
	shown := page.EndingSessions(e.before.Ending(&tenant, e.state.Sessions, e.offered, e.state.When, e.state.Rules.Settings.Location()))
	grown := len(shown) > len(e.ending.Objects)
	e.ending.Objects = shown
	e.ending.Refresh()
	if grown {
		e.dialog.Grow()
	}
}

// read gives the tenant that the fields say, and what is wrong with them, by the field.
func (e *edit) read() (engine.Tenant, map[string]error) {
	t, problems := e.before, map[string]error{}
	t.Name, t.Services, t.Limit, t.Quota, t.Until = e.name.Text, nil, nil, 0, nil
	problems["name"] = engine.CheckName(t.Name)
	for _, s := range e.offered {
		if slices.Contains(e.services.Chosen, s.Name) {
			t.Services = append(t.Services, s.ID)
		}
	}
	if words := strings.TrimSpace(e.limit.Text); words != "" {
		t.Limit, problems["limit"] = model.ParseLimit(words, engine.Unit(e.unit.Selected))
	}
	if words := strings.TrimSpace(e.quota.Text); words != "" {
		t.Quota, problems["quota"] = engine.ParseSize(words)
	}
	if words := strings.TrimSpace(e.until.Text); words != "" {
		day, err := text.ParseDate(words)
		t.Until, problems["until"] = &day, err
	}
	return t, problems
}

// fields are the fields by the names that the engine's errors have.
func (e *edit) fields() map[string]*kit.FormField {
	return map[string]*kit.FormField{"name": e.nameField, "services": e.mayField, "limit": e.limitField, "quota": e.quotaField, "until": e.untilField}
}

// check shows beside the fields what is wrong with them.
func (e *edit) check() {
	_, problems := e.read()
	right := true
	for name, field := range e.fields() {
		err := problems[name]
		right = right && err == nil
		if name == "name" && e.name.Text == "" {
			err = nil // nothing has been typed yet
		}
		field.SetError(err)
	}
	e.showEnding()
	if right {
		e.save.Enable()
	} else {
		e.save.Disable()
	}
}

func (e *edit) submit() {
	tenant, _ := e.read()
	e.put(tenant)
}

// put stores what the fields say.
func (e *edit) put(tenant engine.Tenant) {
	e.save.Disable() // until it is known what became of it
	e.problem.Hide()
	kit.Fetch(e.console.Background, func(ctx context.Context) (engine.Tenant, error) { return e.console.Admin.PutTenant(ctx, tenant) }, func(stored engine.Tenant, err error) {
		outdated, is := errors.AsType[*engine.OutdatedError](err)
		switch {
		case is:
			e.save.Enable()
			e.askOutdated(tenant, outdated)
		case err != nil:
			e.save.Enable()
			if field := e.fields()[text.FieldOf(err)]; field != nil {
				field.SetError(err)
			}
			e.problem.SetText("Nothing was changed: " + err.Error())
			e.problem.Show()
			e.dialog.Body.ScrollToBottom()
		default:
			e.dialog.Close()
			e.console.Refresh()
			e.console.Tell("Tenant " + stored.Name + map[bool]string{true: " added", false: " changed"}[e.before.ID == ""])
			if e.done != nil {
				e.done(stored)
			}
		}
	})
}

// askOutdated shows what somebody else has changed meanwhile, or that the tenant was removed, and asks what is to stand.
func (e *edit) askOutdated(mine engine.Tenant, outdated *engine.OutdatedError) {
	q := &page.OutdatedQuestion{
		Differ: func(now engine.Present, name func(engine.ID) string) []engine.Difference {
			return engine.Differences(engine.Present{Tenant: &mine}, now, name)
		},
		Take: func(now engine.Present) {
			e.dialog.Close()
			e.console.Refresh()
			if now.Tenant != nil {
				newEdit(e.console, *now.Tenant, e.offered, e.state, e.done)
			}
		},
		Over: func(now engine.Present) {
			mine.Revision = now.Tenant.Revision
			e.put(mine)
		},
	}
	q.Ask(e.console, outdated)
}

// meanwhile says above the fields that somebody else changed or removed the tenant.
func (e *edit) meanwhile() fyne.CanvasObject {
	if e.before.ID == "" {
		return container.NewVBox()
	}
	return page.NewMeanwhile(e.console, e.dialog, "tenant", e.before.Revision, func(state *model.State) (int64, bool) {
		at := slices.IndexFunc(state.Tenants, func(t engine.TenantStatus) bool { return t.ID == e.before.ID })
		if at < 0 {
			return 0, false
		}
		return state.Tenants[at].Revision, true
	}, func() bool { return !e.dialog.Done }, e.submit).Content
}
