// Package nninteractive answers clients of the nnInteractive server protocol, version 2, with /predict of 2.6:
// the napari plugin, SlicerNNInteractive 1.x, and whatever uses the nninteractive-client package.
//
// A client claims a lease, uploads an image, and sends prompts about one object; every reply carries the
// smallest box of the label map that holds what changed, and the client pastes it into its own copy. Lassos are
// outlines, and so are initial segmentations; the package annotate says what becomes of the rest.
//
// Arrays are written [k, j, i] here, the slowest axis first; in memory that is the same order as a
// volume.Volume with its axes reversed.
//
// Where to start reading: server.go (the list of paths), canvas.go, prompts.go, reply.go; array.go and chunk.go
// for the arrays on the wire.
package nninteractive
