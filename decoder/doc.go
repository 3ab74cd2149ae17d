// Package decoder turns features and prompts into masks: SAM 2's prompt encoder, two-way transformer, and mask
// decoder, the choice among candidate masks, and the object pointer.
//
// Start with heads.go, which runs the parts in order; then read promptencoder.go, transformer.go, and maskdecoder.go.
// The package imports only nn.
package decoder
