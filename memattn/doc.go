// Package memattn lets the features of a slice attend to what is remembered of other slices (SAM 2,
// arXiv 2408.00714, section 4; SLM-SAM 2, arXiv 2505.01854, section 3.2).
//
// attention.go and layer.go are the memory attention with rotary positions; bank.go is the memory bank
// with its two selection policies, long and short; tokens.go lays the selected memories and object
// pointers out as keys. Start reading at bank.go. The package imports nn only.
package memattn
