package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/spf13/cobra"
)

func newWeightsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "weights",
		Short: "List, download and verify the official SAM 2.1 checkpoints",
		Example: `  slmsam weights list
  slmsam weights pull tiny
  slmsam weights verify sam2.1_hiera_tiny.pt`,
		Args: cobra.NoArgs, // which calls an argument an unknown command
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newWeightsListCommand(), newWeightsPullCommand(), newWeightsVerifyCommand())
	return cmd
}

// weightsFile is an official checkpoint as --json prints it.
type weightsFile struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	URL    string `json:"url"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Path   string `json:"path,omitempty"` // of the downloaded file
}

func newWeightsListCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the official checkpoints and which are downloaded",
		Example: "  slmsam weights list",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := weightsDir(dir)
			if err != nil {
				return err
			}
			files := []weightsFile{}
			for _, e := range checkpoint.Official() {
				w := weightsFile{Name: e.Name, File: e.File, URL: e.URL(""), Bytes: e.Size, SHA256: e.SHA256}
				path := filepath.Join(dir, e.File)
				if info, err := os.Stat(path); err == nil && info.Size() == e.Size {
					w.Path = path
				}
				files = append(files, w)
			}
			return newConsole(cmd).result(map[string]any{"directory": dir, "weights": files}, func(w io.Writer) {
				t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
				fmt.Fprintln(t, "name\tsize\there\tURL")
				for _, f := range files {
					fmt.Fprintf(t, "%s\t%d MB\t%s\t%s\n", f.Name, f.Bytes/1e6, cmp.Or(f.Path, "-"), f.URL)
				}
				t.Flush()
			})
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder with the checkpoints (default: slmsam in the user's cache folder)")
	return cmd
}

func newWeightsPullCommand() *cobra.Command {
	var dir, base string
	cmd := &cobra.Command{
		Use:   "pull NAME",
		Short: "Download an official checkpoint; an interrupted download is resumed",
		Example: `  slmsam weights pull tiny
  slmsam weights pull large --url https://mirror.example/sam2.1/ --dir weights`,
		Args:      argCount(1, 1),
		ValidArgs: checkpoint.OfficialNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return pullWeights(cmd.Context(), newConsole(cmd), args[0], dir, base)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder to download to (default: slmsam in the user's cache folder)")
	cmd.Flags().StringVar(&base, "url", "", "URL of the folder to download from, for mirrors (default: "+checkpoint.OfficialURL+")")
	return cmd
}

// pullWeights downloads the official weights of the given name.
func pullWeights(ctx context.Context, c *console, name, dir, base string) error {
	entry, err := checkpoint.FindOfficial(name)
	if err != nil {
		return usageError{err}
	}
	if dir, err = weightsDir(dir); err != nil {
		return err
	}
	c.log.Info(fmt.Sprintf("downloading %s (%d MB) to %s", entry.File, entry.Size/1e6, dir))
	bar := c.progress("bytes", true)
	path, err := checkpoint.Pull(ctx, entry, dir, base, bar.set)
	bar.close()
	if errors.Is(err, context.Canceled) {
		c.log.Warn("the download is incomplete; run the same command again to resume it")
	}
	if err != nil {
		return err
	}
	w := weightsFile{Name: entry.Name, File: entry.File, URL: entry.URL(base),
		Bytes: entry.Size, SHA256: entry.SHA256, Path: path}
	return c.result(w, func(out io.Writer) { fmt.Fprintf(out, "%s\nSHA-256 verified\n", path) })
}

func newWeightsVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "verify FILE",
		Short:   "Compare a file with the published SHA-256 sums",
		Example: "  slmsam weights verify sam2.1_hiera_tiny.pt",
		Args:    argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			entry, ok, err := checkpoint.Verify(args[0])
			if err != nil {
				return err
			}
			if !ok {
				if entry.Name != "" {
					return fmt.Errorf("%s is not the published %s: its SHA-256 or size differs; download it again with \"slmsam weights pull %s\"",
						args[0], entry.File, entry.Name)
				}
				return fmt.Errorf("%s is not one of the official checkpoints", args[0])
			}
			w := weightsFile{Name: entry.Name, File: entry.File, URL: entry.URL(""), Bytes: entry.Size, SHA256: entry.SHA256, Path: args[0]}
			return newConsole(cmd).result(w, func(out io.Writer) { fmt.Fprintf(out, "%s is the published %s\n", args[0], entry.File) })
		},
	}
}

// weightsDir returns dir or, if it is empty, the default folder.
func weightsDir(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	return checkpoint.CacheDir()
}
