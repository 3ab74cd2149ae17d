package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manResult is the result of slmsam man, as --json prints it.
type manResult struct {
	Directory string   `json:"directory"`
	Pages     []string `json:"pages"`
}

// newManCommand creates the command that writes the manual pages, which releases include.
func newManCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages to a folder",
		Example: "  slmsam man man1 && man ./man1/slmsam-propagate.1",
		Args:    argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o777); err != nil {
				return fmt.Errorf("man: %w", err)
			}
			b := thisBuild()
			date := b.time()
			header := &doc.GenManHeader{Section: "1", Source: "slmsam " + b.Version, Manual: "slmsam", Date: &date}
			if date.IsZero() {
				header.Date = nil // today
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("man: %w", err)
			}
			pages, err := filepath.Glob(filepath.Join(args[0], "slmsam*.1"))
			if err != nil {
				return fmt.Errorf("man: %w", err)
			}
			return newConsole(cmd).result(manResult{args[0], pages}, func(w io.Writer) {
				fmt.Fprintf(w, "%d manual pages in %s\n", len(pages), args[0])
			})
		},
	}
}
