package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/spf13/cobra"
)

// converted is the result of slmsam convert, as --json prints it.
type converted struct {
	Input   string   `json:"input"`
	Output  string   `json:"output"`
	Tensors int      `json:"tensors"`
	Bytes   int64    `json:"bytes"`
	Skipped []string `json:"skipped"` // entries of the input that are not in the output
}

func newConvertCommand() *cobra.Command {
	var dtype string
	var force bool
	cmd := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Convert a checkpoint between .pt and .safetensors, and between precisions",
		Example: `  slmsam convert sam2.1_hiera_tiny.pt tiny.safetensors --dtype f16
  slmsam convert model.safetensors model.pt`,
		Args: argCount(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			to, ok := map[string]checkpoint.DType{"": "", "f32": checkpoint.F32, "f16": checkpoint.F16, "bf16": checkpoint.BF16}[strings.ToLower(dtype)]
			if !ok {
				return usagef("--dtype %q: want f32, f16 or bf16", dtype)
			}
			file, err := checkpoint.Convert(args[0], args[1], to, force)
			if err != nil {
				return err
			}
			info, err := os.Stat(args[1])
			if err != nil {
				return err
			}
			r := converted{Input: args[0], Output: args[1], Tensors: len(file.Order), Bytes: info.Size(), Skipped: append([]string{}, file.Skipped...)}
			return newConsole(cmd).result(r, func(w io.Writer) {
				fmt.Fprintf(w, "%s: %d tensors, %.1f MB\n", r.Output, r.Tensors, float64(r.Bytes)/1e6)
				if len(r.Skipped) > 0 {
					fmt.Fprintf(w, "not converted: %s\n", strings.Join(r.Skipped, ", "))
				}
			})
		},
	}
	cmd.Flags().StringVar(&dtype, "dtype", "", "store floating-point tensors as f32, f16 or bf16 (default: unchanged)")
	cmd.Flags().BoolVar(&force, "force", false, "replace an existing file")
	return cmd
}
