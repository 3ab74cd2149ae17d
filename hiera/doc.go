// Package hiera is the image encoder of SAM 2.1: the Hiera trunk (Ryali et al., arXiv 2306.00989) with
// windowed position embeddings (Bolya et al., arXiv 2311.05613), and the FPN neck.
//
// An image [1,S,S,3] becomes features at strides 4, 8, 16 and 32; the neck brings stride 16 to the
// model's width, with stride 32 added from above. Start reading at trunk.go, then block.go and neck.go.
// The package imports nn only.
package hiera
