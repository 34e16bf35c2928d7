package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"lockwire/app/host"
	"lockwire/engine"
)

func servicesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "services", Short: "Backends behind target components"}
	cmd.AddCommand(servicesList(), servicesAdd(), servicesEdit(), servicesRemove())
	return cmd
}

func servicesList() *cobra.Command {
	return addJSON(&cobra.Command{Use: "list", Short: "List the services", Args: cobra.NoArgs,
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, _ []string) error {
			services, err := a.Services(cmd.Context())
			if err != nil {
				return err
			}
			components, err := a.Components(cmd.Context())
			if err != nil {
				return err
			}
			names := map[engine.ID]string{}
			for _, component := range components {
				names[component.ID] = component.Name
			}
			providers, err := a.Providers(cmd.Context())
			if err != nil {
				return err
			}
			for _, provider := range providers {
				names[provider.ID] = provider.Name
			}
			return list(cmd, services, "NAME|TARGET|BACKEND", func(s engine.Service) []any { return []any{s.Name, names[cmp.Or(s.Target, s.Provider)], s.Backend} })
		})})
}

func servicesAdd() *cobra.Command {
	var target, backend string
	cmd := &cobra.Command{Use: "add NAME --target COMPONENT --backend HOST:PORT", Short: "Add a service", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			component, err := findComponent(cmd, a, target)
			if err != nil {
				return err
			}
			service, err := a.PutService(cmd.Context(), engine.Service{Name: arguments[0], Target: component.ID, Backend: backend})
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "added service", service.Name)
			return nil
		})}
	cmd.Flags().StringVar(&target, "target", "", "component that dials the backend")
	cmd.Flags().StringVar(&backend, "backend", "", "HOST:PORT that it dials")
	cmd.MarkFlagRequired("target")
	cmd.MarkFlagRequired("backend")
	return cmd
}

func servicesEdit() *cobra.Command {
	var name, backend string
	cmd := &cobra.Command{Use: "edit NAME", Short: "Change a service's name or backend", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			return editService(cmd, a, arguments[0], name, backend)
		})}
	cmd.Flags().StringVar(&name, "name", "", "new name")
	cmd.Flags().StringVar(&backend, "backend", "", "HOST:PORT that the target dials")
	return cmd
}

// editService gives a service another name or backend; an empty one stays.
func editService(cmd *cobra.Command, a engine.Administration, which, name, backend string) error {
	service, err := findService(cmd, a, which)
	if err != nil {
		return err
	}
	if name == "" && backend == "" {
		return host.Usage(errNothingToChange)
	}
	service.Name, service.Backend = cmp.Or(name, service.Name), cmp.Or(backend, service.Backend)
	if _, err := a.PutService(cmd.Context(), service); err != nil {
		return explainOutdated(cmd, a, err, func(now engine.Present, name func(engine.ID) string) []engine.Difference {
			return engine.Differences(engine.Present{Service: &service}, now, name)
		})
	}
	fmt.Fprintln(cmd.OutOrStdout(), "changed service", service.Name)
	return nil
}

func servicesRemove() *cobra.Command {
	return &cobra.Command{Use: "remove NAME", Short: "Remove a service to which no route leads", Args: cobra.ExactArgs(1),
		RunE: withAdministration(func(cmd *cobra.Command, a engine.Administration, arguments []string) error {
			service, err := findService(cmd, a, arguments[0])
			if err != nil {
				return err
			}
			if err := a.RemoveService(cmd.Context(), service.ID); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "removed service", service.Name)
			return nil
		})}
}
