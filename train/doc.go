// Package train fine-tunes SLM-SAM 2 on a few annotated volumes, or trains it from scratch. It covers clips of
// consecutive slices, augmentation, the SAM 2 losses, AdamW with layer-wise learning-rate decay, validation, and
// resuming.
//
// Start with step.go, which computes the loss and gradients of clips, learn.go and team.go, which divide a batch among the
// processors, and trainer.go, the loop around them. loss.go,
// groups.go, and recipe.go follow the paper's recipe. A volume becomes a Case (case.go) of a Source (dataset.go,
// generated.go, regions.go). Clips are cut from cases (clips.go, starts.go, sweep.go, turn.go, clipmasks.go,
// points.go), augmented (augment.go), and prepared ahead of time (prefetch.go). runfiles.go writes checkpoints and
// the resume state. validate.go, journal.go, events.go, samples.go, and curves.go produce what the user looks at;
// plan.go estimates memory and work up front.
//
// The package imports the model (the root package), nn, volume, eval, checkpoint, and train/phantom.
package train
