// Package decoder turns features and prompts into masks: SAM 2's prompt encoder, two-way transformer and
// mask decoder, the choice among the candidate masks, and the object pointer.
//
// Start reading at heads.go, which runs the parts in order; then promptencoder.go, transformer.go and
// maskdecoder.go. The package imports nn only.
package decoder
