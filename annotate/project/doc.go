// Package project is the place where volumes are annotated: a folder of volumes, and for each one a document with
// its objects, outlines and results that outlives the program.
//
//	annotate/viewer ─► Project ─► Document ─► journal
//	                      └─► Model (slmsam), annotate/folder
//
// A document is a table of small values: "plane:12" is the labels of slice 12, "mark:1:12" what is known of object 1
// there, "object:1" its name and color, "meta" what concerns the volume as a whole. Every change sets some of them and
// is on disk before it is acknowledged. Because a change is nothing but values before and after, undo and redo take
// back anything, a conflict is a value that someone else changed meanwhile, and a browser follows along by applying
// what it is told.
//
// Propagations are jobs: one at a time, in the order in which they were asked for, at most one per volume. While one
// runs its slices are shown as they come; the document changes once, when all are there. A change of the outlines
// meanwhile starts it anew.
//
// Where to start reading: document.go, edit.go, request.go, jobs.go.
package project
