// Package train fine-tunes SLM-SAM 2 on a few annotated volumes, or trains it from scratch: clips of
// consecutive slices, augmentation, the losses of SAM 2, AdamW with layer decay, validation, resume.
//
// Start reading at step.go, one training step, and trainer.go, the loop around it; loss.go, groups.go and
// recipe.go are what the paper's recipe says. A volume becomes a Case (case.go) of a Source (dataset.go,
// generated.go, regions.go), from which clips are cut (clips.go, starts.go, sweep.go, turn.go, points.go), augmented (augment.go) and made
// ahead of the step (prefetch.go). runfiles.go writes checkpoints and the state to resume from; validate.go,
// journal.go, events.go and pictures.go are what a person sees; plan.go finds memory and work beforehand.
//
// The package imports the model (root package), nn, volume, eval, checkpoint and train/phantom.
package train
