// Package convnext holds the convolutional blocks around the memory: the ConvNeXt block (Liu et al., arXiv
// 2201.03545), the fuser of short and long memory features (SLM-SAM 2, section 3.2), and SAM 2's mask downsampler and
// memory encoder.
//
// Start with block.go. The package imports only nn.
package convnext
