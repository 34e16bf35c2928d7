package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lockwire/engine"
)

// completeWithin bounds how long a person who pressed Tab is kept waiting.
const completeWithin = 2 * time.Second

// addCompletion lets the shell complete what stands in the installation; `lockwired completion SHELL` prints the script for it.
// Cobra completes commands and flags by itself.
func addCompletion(root *cobra.Command) {
	for path, complete := range map[string]cobra.CompletionFunc{
		"rules show": rules, "rules edit": rules, "rules remove": rules, "rules enable": rules, "rules disable": rules,
		"components show": components, "components rename": components, "components tag": components, "components limit": components, "components drain": components, "components revoke": components,
		"names list":        names,
		"headroom forecast": components, "headroom calibrate": components,
		"services edit": services, "services remove": services,
		"routes show": routes, "routes edit": routes, "routes remove": routes, "routes test": routes, "routes probe": routes,
		"providers show": providers, "providers remove": providers,
		"sessions show": sessions, "sessions cut": sessions, "receipts show": receipts,
		"tenants show": tenants, "tenants edit": tenants, "tenants link": tenants, "tenants confirm": tenants, "tenants enable": tenants, "tenants disable": tenants, "tenants remove": tenants,
		"settings get": settings, "settings set": settings, "administrators revoke": administrators,
	} {
		cmd := commandAt(root, path)
		cmd.ValidArgsFunction = further(complete)
		if !strings.Contains(cmd.Use, "…") {
			cmd.ValidArgsFunction = once(complete)
		}
	}
	roles, levels, formats := words(engine.Roles...), words("debug", "info", "warn", "error"), words("text", "json")
	flows, modes := words(engine.Push, engine.Pull), words("sealed", "plain")
	for path, flags := range map[string]map[string]cobra.CompletionFunc{
		"rules add":            {"source": ruleEnds, "target": ruleEnds},
		"rules edit":           {"source": ruleEnds, "target": ruleEnds},
		"components token":     {"role": roles},
		"services add":         {"target": components},
		"routes add":           {"source": routeSources, "target": components, "provider": providers, "service": routeServices, "flow": flows},
		"routes edit":          {"source": routeSources, "service": services, "flow": flows},
		"tenants add":          {"service": services},
		"tenants edit":         {"service": services},
		"receipts list":        {"component": components, "route": routes, "mode": modes, "sort": words(receiptSorts()...)},
		"receipts export":      {"component": components, "route": routes, "mode": modes, "sort": words(receiptSorts()...), "format": words("csv", "json")},
		"audit":                {"sort": words(auditSorts()...)},
		"explain":              {"source": components, "target": components, "source-role": roles, "target-role": roles, "operation": words(engine.Backup, engine.Restore)},
		"headroom forecast":    {"operation": words(engine.Backup, engine.Restore)},
		"administrators token": {"role": words(engine.MayView, engine.MayChange)},
		"serve":                {"log-level": levels, "log-format": formats},
		"service install":      {"log-level": levels, "log-format": formats},
	} {
		for flag, complete := range flags {
			if err := commandAt(root, path).RegisterFlagCompletionFunc(flag, complete); err != nil {
				panic(fmt.Sprintf("completion of %s: %v", path, err)) // the table above names a flag that is not there
			}
		}
	}
}

// commandAt finds a command by its words; it panics where the caller names one that is not there.
func commandAt(root *cobra.Command, path string) *cobra.Command {
	cmd, rest, err := root.Find(strings.Fields(path))
	if err != nil || len(rest) > 0 {
		panic(fmt.Sprintf("completion of %s: there is no such command", path))
	}
	return cmd
}

var (
	rules = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		set, err := a.RuleSet(ctx)
		return each(set.Rules, func(r engine.Rule) string { return r.Name }), err
	})
	components = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		names, _, err := namesAndTags(ctx, a)
		return names, err
	})
	services = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		all, err := a.Services(ctx)
		return each(all, func(s engine.Service) string { return s.Name }), err
	})
	routes = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		all, err := a.Routes(ctx)
		return each(all, func(r engine.RouteStatus) string { return r.Name }), err
	})
	tenants = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		all, err := a.Tenants(ctx)
		return each(all, func(t engine.TenantStatus) string { return t.Name }), err
	})
	providers = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		all, err := a.Providers(ctx)
		return each(all, func(p engine.ProviderStatus) string { return p.Name }), err
	})
	sessions = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		all, err := a.Sessions(ctx)
		return each(all, func(s engine.Session) string {
			return cobra.CompletionWithDesc(string(s.ID), s.SourceName+" to "+s.TargetName+" over "+s.RouteName)
		}), err
	})
	receipts = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		const newest = 20
		all, err := a.Receipts(ctx, engine.ReceiptQuery{Limit: newest})
		return each(all, func(r engine.Receipt) string {
			return cobra.CompletionWithDesc(string(r.ID), local(r.Began)+", "+r.SourceName+" to "+r.TargetName+" over "+r.RouteName)
		}), err
	})
	settings = once(cobra.FixedCompletions(each(engine.SettingNames(), func(s engine.Setting) string {
		return cobra.CompletionWithDesc(s.Name, s.About)
	}), cobra.ShellCompDirectiveNoFileComp))
	administrators = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		all, err := a.Administrators(ctx)
		return each(all, func(a engine.Administrator) string { return a.Name }), err
	})
	// routeSources are components, and the tags that some of them carry.
	routeSources = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		names, tags, err := namesAndTags(ctx, a)
		return append(names, tags...), err
	})
	// names are the names that stand in rules.
	names = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		all, err := a.Names(ctx, engine.NamesQuestion{})
		return each(all, func(n engine.NameStatus) string { return n.Name.String() }), err
	})
	// ruleEnds are the words of a rule's source and target. Addresses nobody can guess.
	ruleEnds = listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		names, tags, err := namesAndTags(ctx, a)
		ends := []string{"any", "public"}
		for _, name := range names {
			ends = append(ends, "component:"+name)
		}
		ends = append(ends, tags...)
		for _, role := range engine.Roles {
			ends = append(ends, "role:"+string(role))
		}
		return ends, err
	})
)

// routeServices are the services of a provider where one is named, else those of the installation.
func routeServices(cmd *cobra.Command, arguments []string, begun string) ([]string, cobra.ShellCompDirective) {
	named := cmd.Flag("provider").Value.String()
	if named == "" {
		return services(cmd, arguments, begun)
	}
	return listed(func(ctx context.Context, a engine.Administration) ([]string, error) {
		provider, err := findProvider(cmd, a, named)
		return each(provider.Services, func(s engine.ProviderService) string { return s.Name }), err
	})(cmd, arguments, begun)
}

// namesAndTags are the names of the components that are not revoked, and as tag:NAME each tag that one of them carries.
func namesAndTags(ctx context.Context, a engine.Administration) (names, tags []string, err error) {
	all, err := a.Components(ctx)
	for _, component := range all {
		if !component.Revoked.IsZero() {
			continue
		}
		names = append(names, component.Name)
		for _, tag := range component.Tags {
			if tag := "tag:" + tag; !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
	}
	return names, tags, err
}

// listed completes from an installation. If it cannot be reached, it completes nothing: a prompt cannot show an error.
func listed(list func(context.Context, engine.Administration) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
		defer cancel()
		cmd.SetContext(ctx)
		a, closing, err := reach(cmd)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer closing()
		found, err := list(ctx, a)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// further leaves out what the line names already, for a command that takes several.
func further(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, arguments []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		all, directive := complete(cmd, arguments, begun)
		return slices.DeleteFunc(all, func(one cobra.Completion) bool {
			name, _, _ := strings.Cut(one, "\t")
			return slices.Contains(arguments, name)
		}), directive
	}
}

// once completes the first word only.
func once(complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, arguments []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(arguments) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, arguments, begun)
	}
}

func words[Word ~string](all ...Word) cobra.CompletionFunc {
	return cobra.FixedCompletions(each(all, func(w Word) string { return string(w) }), cobra.ShellCompDirectiveNoFileComp)
}

func each[Thing any](things []Thing, text func(Thing) string) []string {
	all := make([]string, len(things))
	for i, thing := range things {
		all[i] = text(thing)
	}
	return all
}
