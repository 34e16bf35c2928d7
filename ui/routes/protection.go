package routes

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/assets"
	"lockwire/engine"
	"lockwire/ui/kit"
	"lockwire/ui/model"
	"lockwire/ui/page"
)

// protectionOf sums up the protection of a route over its sources: the worst, with the reason if all share it.
func protectionOf(r *engine.RouteStatus) (words string, worst engine.ProtectionState) {
	count := map[engine.ProtectionState]int{}
	why := map[string]bool{}
	for i := range r.Listeners {
		p := &r.Listeners[i].Protection
		count[p.State]++
		why[p.Why] = true
	}
	var parts []string
	for _, state := range []engine.ProtectionState{engine.ProtectionRefused, engine.ProtectionPlain, engine.ProtectionSealed} {
		if count[state] == 0 {
			continue
		}
		if worst == "" {
			worst = state
		}
		parts = append(parts, fmt.Sprintf("%d %s", count[state], state))
	}
	switch {
	case len(parts) == 1 && len(why) == 1:
		return string(worst) + ": " + r.Listeners[0].Protection.Why, worst
	case len(parts) == 1:
		return string(worst), worst
	}
	return strings.Join(parts, ", "), worst
}

// protectionParts show the present protection of a route from each source, and offer a rule where it is plain because none encrypts it.
func protectionParts(c *page.Console, r *engine.RouteStatus, changed func()) fyne.CanvasObject {
	rows := container.NewVBox()
	for i := range r.Listeners {
		l := &r.Listeners[i]
		icon := page.ProtectionIcon(l.Protection.State)
		if icon == nil {
			icon = theme.QuestionIcon()
		}
		rows.Add(kit.NewNotice(icon, page.ProtectionColor(l.Protection.State), l.ProtectionWords(r.TargetName)+"."))
	}
	if isUnruled(r) {
		encrypt := widget.NewButtonWithIcon("Encrypt this link…", assets.LockClosed, func() { encryptLink(c, r, changed) })
		rows.Add(container.NewHBox(encrypt))
	}
	return rows
}

// isUnruled tells whether a route is plain from a source only because no rule encrypts it.
func isUnruled(r *engine.RouteStatus) bool {
	for i := range r.Listeners {
		if r.Listeners[i].Protection.Unruled {
			return true
		}
	}
	return false
}

// encryptLink makes a rule that encrypts a route, after showing what it does. Done is called once it is stored.
func encryptLink(c *page.Console, r *engine.RouteStatus, done func()) {
	kit.Fetch(c.Background, c.Admin.RuleSet, func(set engine.RuleSet, err error) {
		if err != nil {
			kit.ShowError(c.Window, "The rules could not be read", err)
			return
		}
		rule := linkRule(r, set.Rules)
		change := engine.Change{AddRule: &rule}
		effect := page.NewEffectPanel(c, nil)
		var sources []string
		for _, s := range rule.Source {
			sources = append(sources, s.String())
		}
		about := kit.Wrapped("This adds the rule " + rule.Name + ": encrypt what goes between " + strings.Join(sources, ", ") + " and " + rule.Target[0].String() + ", both ways.")
		effect.Ask(change)
		kit.ShowModal(c.Window, "Encrypt "+r.Name+"?", kit.Border(about, nil, nil, nil, effect.Content), fyne.NewSize(560, 380), effect.Stop,
			kit.Choice{Text: "Cancel", Run: effect.Stop},
			kit.Choice{Text: "Add the rule", Importance: widget.HighImportance, Enter: true, Run: func() {
				effect.Stop()
				page.ApplyChange(c, change, "Add the rule "+rule.Name+"?", done, nil)
			}})
	})
}

// linkRule is a rule that encrypts a route from all sources from which none does.
func linkRule(r *engine.RouteStatus, rules []engine.Rule) engine.Rule {
	taken := make([]string, len(rules))
	for i := range rules {
		taken[i] = rules[i].Name
	}
	rule := engine.Rule{Name: model.FreeName(r.Name, taken), Enabled: true, Encrypt: true, Target: []engine.Selector{{Kind: engine.SelectComponent, Name: r.TargetName}}}
	if r.SourceTag != "" {
		rule.Source = []engine.Selector{{Kind: engine.SelectTag, Name: r.SourceTag}}
		return rule
	}
	for i := range r.Listeners {
		if l := &r.Listeners[i]; l.Protection.Unruled {
			rule.Source = append(rule.Source, engine.Selector{Kind: engine.SelectComponent, Name: l.ComponentName})
		}
	}
	return rule
}
