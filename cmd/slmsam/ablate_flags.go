package main

import (
	"math"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/spf13/cobra"
)

// ablateFlags are the flags of slmsam ablate. Those of slmsam train mean the same here.
type ablateFlags struct {
	trainFlags
	budget, memories, volumes, names, prompt, scope, seeds string
	training, own                                          []string
	maxTest, resamples                                     int
}

func newAblateCommand() *cobra.Command {
	f := &ablateFlags{}
	cmd := &cobra.Command{
		Use:   "ablate DATASET... --init WEIGHTS --budget TIME|STEPS -o DIR",
		Short: "Compare the memory settings on your own data, as the paper's Table 2 does",
		Long: `ablate fine-tunes the memory settings M7 (SAM 2), R7, R1, M7+R7 and M7+R1 (SLM-SAM 2) on five volumes of DATASET
and on one, with the same volumes, seed and budget, and tests the start weights as they are, too. Each model
propagates the central slice of every object through every test volume (those in no training set). DIR
receives tables and figures (ablation.md, CSV, PNG) and, in a folder per run, weights and predictions.

With several datasets or --seeds, each dataset is a task with a folder DIR/NAME, and DIR receives a table over all tasks and
seeds (tasks.md, tasks.csv): each setting's DSC and its paired difference to the first setting, with present and absent
slices apart. Every task then takes from --train the volumes that it has, and trains on all of them where it has fewer
than --volumes asks for.

To resume an interrupted ablation, run the same command again. DATASET is as for
slmsam train. See docs/ablation.md.`,
		Example: `  slmsam ablate Dataset001_Liver --init tiny --budget 30m -o ablation
  slmsam ablate cases.csv --init fresh --budget 200 --volumes 0,3,1 --test 4 -o ablation
  slmsam ablate liver.csv heart.csv --init tiny --budget 200 --memories M7,M7+R1 --seeds 1,2,3 -o ablation`,
		Args: argCount(1, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), cmd, newConsole(cmd), args)
		},
	}
	groupFlags(cmd, f.comparisonGroup(), f.dataGroup(), f.trainingGroup(), f.resultGroup())
	return cmd
}

// comparisonGroup declares the flags that say what is compared.
func (f *ablateFlags) comparisonGroup() flagGroup {
	g := newFlagGroup("Comparison")
	g.StringVar(&f.memories, "memories", "M7,R7,R1,M7+R7,M7+R1", "memory settings to compare")
	g.StringVar(&f.volumes, "volumes", "0,5,1", "numbers of training volumes to compare; 0 means no fine-tuning")
	g.StringSliceVar(&f.training, "train", nil, "names of the training volumes, or @FILE with one name on each line; smaller numbers in --volumes use the first ones (default: drawn at random with the seed)")
	g.IntVar(&f.maxTest, "test", 0, "maximum number of test volumes (default: all volumes not used for training)")
	g.StringVar(&f.seeds, "seeds", "", "several seeds, e.g. 1,2,3: the whole comparison with each, on the split of the first one")
	g.Uint64Var(&f.seed, "seed", 0, "seed of the split, the clips and fresh weights (default: the recipe's)")
	return g
}

// dataGroup declares the flags that say how the volumes are read.
func (f *ablateFlags) dataGroup() flagGroup {
	g := newFlagGroup("Data")
	g.StringVar(&f.labels, "label", "", "labels to train and score, e.g. 1,2,5 (default: all)")
	g.StringVar(&f.names, "names", "", "names of labels: 1=liver,2=spleen, or a file, as in slmsam eval")
	f.addReading(g)
	return g
}

// trainingGroup declares the flags of the start weights and of each fine-tuning run.
func (f *ablateFlags) trainingGroup() flagGroup {
	g := newFlagGroup("Fine-tuning")
	g.StringVar(&f.init, "init", "", "start weights: a SAM 2.1 or SLM-SAM 2 checkpoint, the name of a downloaded one, nano (built in), or fresh")
	g.StringArrayVar(&f.own, "init-for", nil, "start weights of one memory setting, SETTING=WEIGHTS, instead of --init; may be repeated")
	g.StringVar(&f.model, "model", "nano", "shape of a fresh model: "+strings.Join(slmsam.Presets(), ", "))
	g.IntVar(&f.resolution, "resolution", 0, "side length of the model's input in pixels, a multiple of 32 (default: the model's)")
	g.StringVar(&f.budget, "budget", "", "budget of each fine-tuning run: a time such as 30m, or a number of steps (default: the recipe's)")
	g.StringVar(&f.recipe, "recipe", "", strings.Join(train.Recipes(), ", ")+", or a JSON file (default: paper, or scratch for fresh weights)")
	g.IntVar(&f.frames, "frames", 0, "slices in a clip (default: the recipe's)")
	g.Float64Var(&f.lr, "lr", 0, "learning rate; the image encoder's rate changes in proportion (default: the recipe's)")
	g.BoolVar(&f.recompute, "recompute", false, "recompute activations in the backward pass: less memory, more time")
	return g
}

// resultGroup declares the flags of the results and of the device.
func (f *ablateFlags) resultGroup() flagGroup {
	g := newFlagGroup("Results and device")
	g.StringVarP(&f.out, "out", "o", "", "folder for the ablation's results")
	g.StringVar(&f.prompt, "prompt", "keep", "annotated slices in the scores: keep, replace or exclude (see slmsam eval)")
	g.StringVar(&f.scope, "scope", "all", "slices to score: all, or span (from the first to the last one with the label)")
	g.IntVar(&f.resamples, "resamples", eval.DefaultResamples, "bootstrap resamples")
	f.deviceFlags.add(g.FlagSet)
	return g
}
