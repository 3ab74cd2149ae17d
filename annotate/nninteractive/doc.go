// Package nninteractive serves clients of the nnInteractive server protocol, version 2, plus /predict of version 2.6: the
// napari plugin, SlicerNNInteractive 1.x, and whatever uses the nninteractive-client package.
//
// A client claims a lease, uploads an image, and sends prompts about one object. Every reply contains the smallest box of
// the label map that holds all changes, which the client pastes into its own copy. Lassos and initial segmentations are
// outlines; package annotate/drawing turns other prompts into outlines.
//
// Shapes are written [k,j,i] here, with the slowest axis first. In memory, this is the order of a volume.Volume, whose axes
// are listed the other way round.
//
// Where to start reading: server.go (the list of paths), canvas.go, prompts.go, reply.go; array.go and chunk.go
// for the arrays on the wire.
package nninteractive
