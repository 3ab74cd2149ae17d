// Package memattn lets a slice's features attend to the memory of other slices (SAM 2, arXiv 2408.00714, section 4;
// SLM-SAM 2, arXiv 2505.01854, section 3.2).
//
// attention.go and layer.go are the memory attention with rotary positions; bank.go is the memory bank with its two
// selection policies, long and short; tokens.go arranges the selected memories and object pointers as keys. Start
// with bank.go. The package imports only nn.
package memattn
