// Package project is the annotation engine. A project is a folder of volumes; each volume has a document with its objects,
// outlines and results, which is stored on disk.
//
//	annotate/viewer ─► Project ─► Document ─► journal
//	                      └─► Model (slmsam), annotate/folder
//
// A document is a table of small values: "plane:12" holds the labels of slice 12, "mark:1:12" what is known about object 1
// there, "object:1" its name and color, and "meta" what concerns the volume as a whole. Every change sets some of these
// values, and is on disk before it is acknowledged. A change consists only of values before and after it. That is why
// everything can be undone and redone, a conflict is a value that someone else has changed in the meantime, and a browser
// keeps up by applying the same changes.
//
// Propagations are jobs. They run one at a time, in the order in which they were requested, with at most one per volume.
// While a job runs, its slices are shown as they are computed; the document changes once, at the end. If the outlines
// change first, the job restarts.
//
// Where to start reading: document.go, edit.go, request.go, jobs.go, execute.go.
package project
