package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is the width of the flags' help, in columns.
const helpWidth = 100

// flagGroup holds flags that the help lists together, under a title.
type flagGroup struct {
	title string
	*pflag.FlagSet
}

func newFlagGroup(title string) flagGroup {
	return flagGroup{title, pflag.NewFlagSet(title, pflag.ContinueOnError)}
}

// groupFlags adds groups of flags to a command and makes its help list them by group.
func groupFlags(cmd *cobra.Command, groups ...flagGroup) {
	for _, g := range groups {
		g.SortFlags = false
		cmd.Flags().AddFlagSet(g.FlagSet)
	}
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		var b strings.Builder
		fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
		if cmd.HasExample() {
			fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
		}
		for _, g := range groups {
			fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.FlagUsagesWrapped(helpWidth))
		}
		fmt.Fprintf(&b, "\nGlobal flags:\n%s", cmd.InheritedFlags().FlagUsagesWrapped(helpWidth))
		_, err := fmt.Fprint(cmd.OutOrStderr(), b.String())
		return err
	})
}
