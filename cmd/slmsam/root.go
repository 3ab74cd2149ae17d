package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a wrong use of the command line that cobra cannot detect. The exit code is then exitUsage.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// argCount allows a command from least to most arguments.
func argCount(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && len(args) <= most {
			return nil
		}
		return fmt.Errorf("wrong number of arguments (%d); usage: %s", len(args), cmd.UseLine())
	}
}

// commands creates all subcommands, in the order of the help.
func commands() []*cobra.Command {
	return []*cobra.Command{
		newDemoCommand(),
		newPropagateCommand(),
		newBatchCommand(),
		newTrainCommand(),
		newEvalCommand(),
		newAblateCommand(),
		newWeightsCommand(),
		newConvertCommand(),
		newInfoCommand(),
		newBenchCommand(),
		newServeCommand(),
		newVersionCommand(),
		newManCommand(),
	}
}

// newRootCommand creates the command tree.
func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "slmsam",
		Short: "Propagate one annotated slice through a whole CT or MR volume",
		Long: `slmsam outlines an organ or lesion on every slice of a CT or MR volume, given its outline on one slice.
It is SLM-SAM 2 (short-long memory SAM 2, arXiv 2505.01854) and runs on any GPU, or on the CPU.`,
		Example: `  slmsam weights pull tiny
  slmsam propagate scan.nii.gz --mask one_slice.nii.gz -o labels.nii.gz
  slmsam info scan.nii.gz`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	flags.Bool("json", false, "print exactly one JSON object on stdout; messages go to stderr")
	flags.BoolP("quiet", "q", false, "print warnings only, no progress or other messages")
	flags.BoolP("verbose", "v", false, "print more messages")
	cobra.EnableCommandSorting = false // help lists them in the order of commands
	root.AddCommand(commands()...)
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", fmt.Sprintf(".FlagUsagesWrapped %d ", helpWidth)))
	completeFlags(root)
	return root
}

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	started := false
	markStart(root, &started)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case !started || errors.As(err, &usage):
		fmt.Fprintf(stderr, "slmsam: %v\nSee: %s --help\n", err, cmd.CommandPath())
		return exitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "slmsam: interrupted")
		return exitFailed
	}
	fmt.Fprintf(stderr, "slmsam: %s\n", strings.TrimPrefix(err.Error(), "slmsam: "))
	return exitFailed
}

// markStart makes every command set *started when its work begins. An error before that is a wrong use of the command line.
func markStart(cmd *cobra.Command, started *bool) {
	if work := cmd.RunE; work != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*started = true
			return work(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		markStart(sub, started)
	}
}
