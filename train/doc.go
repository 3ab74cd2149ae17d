// Package train fine-tunes SLM-SAM 2 on a few annotated volumes, or trains it from scratch: clips of
// consecutive slices, augmentation, the losses of SAM 2, AdamW with layer decay, validation, resume.
//
// Start reading at step.go, one training step; loss.go and groups.go are what the paper's recipe says.
package train
