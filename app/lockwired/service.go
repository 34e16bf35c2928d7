package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func serviceCommand() *cobra.Command {
	return &cobra.Command{Use: "service", Short: "x", RunE: func(cmd *cobra.Command, _ []string) error { return fmt.Errorf("none") }}
}
