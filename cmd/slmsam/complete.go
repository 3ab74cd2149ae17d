package main

import (
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/spf13/cobra"
)

// flagValues returns the values that the shell completes, by flag: all that the flag accepts, or the usual ones.
func flagValues() map[string][]string {
	weights := append([]string{nano.Name}, checkpoint.OfficialNames()...)
	return map[string][]string{
		"device":    {"auto", "gpu", "cpu", "software"},
		"memory":    {"M7+R1", "M7", "R7", "R1", "M7+R7"},
		"direction": {"both", "forward", "backward"},
		"order":     {"blended", "nearest", "official"},
		"window":    {"auto", "paper", "soft", "lung", "bone", "brain"},
		"axis":      {"0", "1", "2"},
		"crop":      {"whole", "3"},
		"slice":     {"auto"},
		"format":    {".nii.gz", ".nii", ".nrrd", ".seg.nrrd", ".mha"},
		"split":     {"Ts", "Tr"},

		"model": slmsam.Presets(),
		"dtype": {"f32", "f16", "bf16"},

		"precision": {"f32", "bf16", "f16"},
		"simd":      {"auto", "avx512", "avx2", "neon", "plain"},
		"count":     {"discrete", "integrated", "apple"},
		"prompt":    {"keep", "replace", "exclude"},
		"scope":     {"all", "span"},
		"recipe":    train.Recipes(), // or a file

		"checkpoint": weights, // or a file
		"init":       append([]string{"fresh"}, weights...),
	}
}

// completeFlags registers these values with cmd and its subcommands. Flags that also take files still complete file names.
func completeFlags(cmd *cobra.Command) {
	files := []string{"checkpoint", "init", "recipe"}
	for name, values := range flagValues() {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || flag.Value.Type() == "bool" {
			continue
		}
		then := cobra.ShellCompDirectiveNoFileComp
		if slices.Contains(files, name) {
			then = cobra.ShellCompDirectiveDefault
		}
		if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, then)); err != nil {
			panic("slmsam: completions of --" + name + ": " + err.Error())
		}
	}
	for _, sub := range cmd.Commands() {
		completeFlags(sub)
	}
}
