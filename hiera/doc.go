// Package hiera is the image encoder of SAM 2.1: the Hiera trunk (Ryali et al., arXiv 2306.00989) with windowed
// position embeddings (Bolya et al., arXiv 2311.05613), and the FPN neck.
//
// An image [1,S,S,3] becomes features at strides 4, 8, 16, and 32. The neck maps stride 16 to the model's width and
// adds stride 32, upsampled. Start with trunk.go, then read block.go and neck.go. The package imports only nn.
package hiera
