package main

import (
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/spf13/cobra"
)

// trainFlags are the flags of slmsam train.
type trainFlags struct {
	deviceFlags
	out, recipe, init, model, held, holdOut, labels, axis, window, memory, time string
	prompts                                                                     string
	resolution, epochs, steps, frames, batch, together, bench                   int
	lr, mix, regions                                                            float64
	seed                                                                        uint64
	freeze                                                                      []string
	resume, recompute, plan, ignoreGeometry, kernels                            bool
	channel                                                                     int
}

func newTrainCommand() *cobra.Command { return new(trainFlags).command() }

// command creates slmsam train, whose flags set f.
func (f *trainFlags) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "train DATASET",
		Short: "Fine-tune on a few annotated volumes, or train from scratch",
		Long: `train learns from annotated volumes. DATASET is an nnU-Net raw folder (imagesTr, labelsTr, dataset.json), a
folder with images/VOLUME/*.jpg and masks/VOLUME/*.png, or a CSV file with the columns image,label and
optionally name,labels,weight; or the word generated, for synthetic volumes. The run's folder gets checkpoints (best, last),
the state to resume from, metrics.jsonl, TensorBoard events, curves.png and samples/.

By default the built-in model is fine-tuned for at most 20 minutes. Some volumes are held back to validate on before,
during and after training. The best weights are kept (the start weights, if nothing beats them), and the last line
says what was gained. If there are only one or two volumes, how well the start model does on them decides how much is
learned from them. See docs/training.md.`,
		Example: `  slmsam train cases.csv
  slmsam train Dataset001_Liver --init tiny -o run
  slmsam train cases.csv --init fresh --model nano --recipe scratch --time 2h -o run
  slmsam train Dataset001_Liver -o run --resume`,
		Args: argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), cmd, newConsole(cmd), args[0])
		},
	}
	groupFlags(cmd, f.dataGroup(), f.modelGroup(), f.trainingGroup(), f.runGroup())
	return cmd
}

// dataGroup declares the flags that say which volumes are trained and validated on, and how they are read.
func (f *trainFlags) dataGroup() flagGroup {
	g := newFlagGroup("Data")
	g.StringVar(&f.held, "val", "", "dataset to validate on, in any of DATASET's layouts")
	g.StringVar(&f.holdOut, "hold-out", "", "names of cases in DATASET to validate on instead of training, e.g. A,B; none trains on all (default: depends on their number)")
	g.StringVar(&f.labels, "label", "", "labels to train, e.g. 1,2,5 (default: all)")
	f.addReading(g)
	g.Float64Var(&f.mix, "mix-generated", 0, "fraction of clips to take from generated volumes instead, 0 to 1")
	g.Float64Var(&f.regions, "mix-regions", 0, "fraction of clips that follow a region of like gray values of your volumes instead of a label, 0 to 1 (default: the recipe's)")
	return g
}

// addReading declares the flags that say how volumes are read; slmsam ablate has them, too.
func (f *trainFlags) addReading(g flagGroup) {
	g.StringVar(&f.axis, "axis", "", axisHelp)
	g.StringVar(&f.window, "window", "", "intensities that become black and white, as in slmsam propagate; stored with the model (default: the start model's)")
	g.IntVar(&f.channel, "channel", 0, "channel of an nnU-Net folder's images, e.g. 1 for CASE_0001")
	g.BoolVar(&f.ignoreGeometry, "ignore-geometry", false, "treat label maps as drawn on their image if the sizes match, whatever their headers say")
}

// modelGroup declares the flags that choose the model.
func (f *trainFlags) modelGroup() flagGroup {
	g := newFlagGroup("Model")
	g.StringVar(&f.init, "init", nano.Name, "start weights: a SAM 2.1 or SLM-SAM 2 checkpoint, the name of a downloaded one, nano (built in), or fresh")
	g.StringVar(&f.model, "model", "nano", "shape of a fresh model: "+strings.Join(slmsam.Presets(), ", "))
	g.IntVar(&f.resolution, "resolution", 0, "side length of the model's input in pixels, a multiple of 32 (default: the model's)")
	g.StringVar(&f.memory, "memory", "", "memory banks: M7+R1, M7, R7, R1 or M7+R7 (default: the recipe's)")
	return g
}

// trainingGroup declares the flags that change the recipe.
func (f *trainFlags) trainingGroup() flagGroup {
	g := newFlagGroup("Training")
	g.StringVar(&f.recipe, "recipe", "", strings.Join(train.Recipes(), ", ")+", or a JSON file (default: by the size of the start model)")
	g.StringVar(&f.time, "time", "", "end after this time, e.g. 2h or 90m (default: as the recipe says)")
	g.IntVar(&f.steps, "steps", 0, "end after this many optimizer steps, instead of --time")
	g.IntVar(&f.epochs, "epochs", 0, "end after this many clips per volume, instead of --time")
	g.Float64Var(&f.lr, "lr", 0, "learning rate; the image encoder's rate changes in proportion (default: the recipe's)")
	g.IntVar(&f.batch, "batch", 0, "clips per step, whose gradients are averaged (default: the recipe's)")
	g.IntVar(&f.frames, "frames", 0, "slices in a clip (default: the recipe's)")
	g.StringVar(&f.prompts, "prompts", "", "proportions of prompt types on the first slice, e.g. mask=1,points=1,box=1")
	g.StringArrayVar(&f.freeze, "freeze", nil, "parameters to leave unchanged, as a glob such as image_encoder.*; may be repeated")
	g.IntVar(&f.together, "together", 0, "clips of a step that run side by side, as one (default: the recipe's; 0 suits the device)")
	g.BoolVar(&f.recompute, "recompute", false, "recompute activations in the backward pass: less memory, more time")
	g.Uint64Var(&f.seed, "seed", 0, "random seed (default: the recipe's)")
	return g
}

// runGroup declares the flags of the run's folder, of measurements and of the device.
func (f *trainFlags) runGroup() flagGroup {
	g := newFlagGroup("Run")
	g.StringVarP(&f.out, "out", "o", "run", "folder of the run")
	g.BoolVar(&f.resume, "resume", false, "continue the run in RUN with its recipe and model; more --steps or a longer --time extend it")
	g.BoolVar(&f.plan, "plan", false, "only print the number of parameters, and the memory and work of a step")
	g.IntVar(&f.bench, "bench", 0, "only measure the time of this many steps")
	g.BoolVar(&f.kernels, "kernels", false, "with --bench: also show which kernels take the time, on the CPU")
	f.deviceFlags.add(g.FlagSet)
	f.deviceFlags.addSIMD(g.FlagSet)
	return g
}
