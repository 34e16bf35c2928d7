package rules

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lockwire/engine"
	"lockwire/engine/disk"
	"lockwire/ui/kit"
	"lockwire/ui/page"
	"lockwire/ui/text"
)

// maximumImport bounds a file of rules before any of it is read: 20,000 rules with comments need less.
const maximumImport = 64 << 20

// importSuffixes are those of the files that can be imported: Lockwire's and Veeam's, Veeam's rules of PowerShell, Proxmox's traffic-control.cfg.
var importSuffixes = []string{".json", ".csv", ".cfg"}

// errNoFiles is returned if this console has no ReadRules or WriteRules.
var errNoFiles = errors.New("this console cannot read and write files of rules; use lockwired rules import and export")

// importFile asks which file to import, and then shows what that would do.
func (p *view) importFile() {
	if !p.console.MayChange() {
		return
	}
	if p.console.ReadRules == nil {
		kit.ShowError(p.console.Window, "Nothing was imported", errNoFiles)
		return
	}
	kit.AskOpen(p.console.Window, p.console.Background, "Import rules", importSuffixes, func(path string) {
		kit.Fetch(p.console.Background, func(context.Context) ([]byte, error) { return readBounded(path) }, func(text []byte, err error) {
			if err != nil {
				kit.ShowError(p.console.Window, "The file was not read", err)
				return
			}
			p.importing = showRuleImport(p.console, filepath.Base(path), text, p.note)
		})
	})
}

// readBounded reads a file of rules.
func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return engine.ReadAtMost(file, maximumImport)
}

// ruleImport is the dialog that shows what importing a file would do.
type ruleImport struct {
	console           *page.Console
	dialog            *kit.FormDialog
	text              []byte
	replace, settings *widget.Check
	rows              *fyne.Container
	do                *widget.Button
	cancel            func()
	turn              int
	plan              importPlan
	stored            func(ruleStep)
}

// importPlan is what a file holds and what importing it would do.
type importPlan struct {
	rules  engine.RuleImport
	notes  []string
	effect engine.Effect
	before engine.RuleSet
}

func showRuleImport(c *page.Console, name string, text []byte, stored func(ruleStep)) *ruleImport {
	d := &ruleImport{console: c, text: text, rows: container.NewVBox(), cancel: func() {}, stored: stored}
	d.dialog = kit.ShowForm(c.Window, "Import "+name, fyne.NewSize(760, 600), func() { d.cancel() })
	d.replace = widget.NewCheck("Remove rules that the file does not have", func(bool) { d.look() })
	d.settings = widget.NewCheck("Take the file's settings too", func(bool) { d.look() })
	d.do = widget.NewButton("Import", d.submit)
	d.do.Importance = widget.HighImportance
	d.dialog.Set(container.NewVBox(d.replace, d.settings, widget.NewSeparator(), d.rows), widget.NewButton("Cancel", d.dialog.Close), d.do)
	d.look()
	return d
}

// look reads the file with the chosen options and previews its import. A newer call cancels an older one.
func (d *ruleImport) look() {
	d.cancel()
	d.turn++
	d.do.Disable()
	turn, replace, settings := d.turn, d.replace.Checked, d.settings.Checked
	d.cancel = kit.FetchCancellable(d.console.Background, func(ctx context.Context) (plan importPlan, err error) {
		if plan.rules, plan.notes, err = d.console.ReadRules(bytes.NewReader(d.text), replace, settings); err != nil {
			return plan, err
		}
		if plan.before, err = d.console.Admin.RuleSet(ctx); err != nil {
			return plan, err
		}
		plan.rules.Over = plan.before.Digest()
		plan.effect, err = d.console.Admin.Preview(ctx, engine.Change{ImportRules: &plan.rules})
		return plan, err
	}, func(plan importPlan, err error) {
		switch {
		case turn != d.turn:
		case err != nil:
			d.show(kit.NewNotice(theme.ErrorIcon(), kit.ColorRefused, "This file cannot be imported: "+err.Error()))
		default:
			d.plan = plan
			d.show(planParts(&plan)...)
			d.do.Enable()
		}
	})
}

func (d *ruleImport) show(parts ...fyne.CanvasObject) {
	d.rows.Objects = parts
	d.rows.Refresh()
}

// planParts show what an import does, rule by rule, then what that does to links.
func planParts(plan *importPlan) []fyne.CanvasObject {
	count := map[string]int{}
	for i := range plan.effect.Rules {
		count[plan.effect.Rules[i].What]++
	}
	parts := []fyne.CanvasObject{kit.Wrapped(fmt.Sprintf("%s added, %d edited, %d removed, %d as they are.", text.Count(count["add"], "rule", "rules"), count["edit"], count["remove"], count["keep"]))}
	for _, note := range plan.notes {
		parts = append(parts, kit.NewNotice(theme.InfoIcon(), kit.ColorMuted, note))
	}
	shown := 0
	for i := range plan.effect.Rules {
		rule := &plan.effect.Rules[i]
		if rule.What == "keep" {
			continue
		}
		if shown++; shown > page.ShownLinks {
			parts = append(parts, kit.Muted("… and more."))
			break
		}
		words := rule.What + " " + rule.Name
		if rule.Before != nil && rule.After != nil {
			words += ": " + strings.Join(ruleDifferences(rule.Before, rule.After), "; ")
		}
		parts = append(parts, kit.Wrapped(words))
	}
	// The rules that an import matches are of no single rule, so that line is left out.
	return append(parts, page.EffectParts(&plan.effect)[1:]...)
}

func (d *ruleImport) submit() {
	plan := d.plan
	d.do.Disable()
	a := &page.Asking{
		Console: d.console, Change: engine.Change{ImportRules: &plan.rules}, Question: "Import these rules?", Left: d.do.Enable,
		Failed: func(err error) {
			d.do.Enable()
			if errors.Is(err, engine.ErrOutdated) {
				d.look() // what it shows is over
			}
			kit.ShowError(d.console.Window, "Nothing was imported", err)
		},
		Done: func(effect engine.Effect) {
			d.dialog.Close()
			if step := importStep(&plan, &effect); step.imported != nil || len(step.several) > 0 {
				d.stored(step)
			}
		},
	}
	a.Begin()
}

// importStep is the step that an import was: its edits of rules, or all of it where it brought settings too.
func importStep(plan *importPlan, effect *engine.Effect) ruleStep {
	if plan.rules.WithSettings {
		return ruleStep{imported: &plan.rules, replaced: &plan.before, led: effect.Rules}
	}
	step := ruleStep{file: true}
	for i := range effect.Rules {
		if change := &effect.Rules[i]; change.What != "keep" {
			step.several = append(step.several, ruleStep{before: change.Before, after: change.After})
		}
	}
	return step
}

// exportFile writes all rules and settings to a file.
func (p *view) exportFile() {
	if p.console.WriteRules == nil {
		kit.ShowError(p.console.Window, "Nothing was exported", errNoFiles)
		return
	}
	kit.AskSave(p.console.Window, p.console.Background, "Export rules and settings", "lockwire-rules.json", func(path string) {
		p.console.Background(func(ctx context.Context) error {
			set, err := p.console.Admin.RuleSet(ctx)
			if err != nil {
				return err
			}
			return disk.Write(path, disk.Options{Mode: 0o644}, func(w io.Writer) error { return p.console.WriteRules(w, set) })
		}, func(err error) {
			if err != nil {
				kit.ShowError(p.console.Window, "The rules were not exported", fmt.Errorf("write %s: %w", path, err))
				return
			}
			p.console.Tell("Rules and settings exported to " + path)
		})
	})
}
