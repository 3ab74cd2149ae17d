// Package convnext holds the convolutional blocks around the memory: the ConvNeXt block (Liu et al.,
// arXiv 2201.03545), the fuser of short and long memory features (SLM-SAM 2, section 3.2), the mask
// downsampler and the memory encoder of SAM 2.
//
// Start reading at block.go. The package imports nn only.
package convnext
