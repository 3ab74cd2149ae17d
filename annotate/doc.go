// Package annotate defines what all annotation clients have in common: a session on a volume, in which strokes become
// outlines of objects, and outlines are propagated through the volume.
//
//	annotate/nninteractive, annotate/monailabel, annotate/itksnap ─► Backend, Session ◄─ annotate/session ─► annotate/project ─► slmsam
//	annotate/viewer (the page) ─► annotate/project (a folder of volumes, durable) ─► slmsam
//
// Each protocol package translates its clients' requests into strokes, and the session's state into replies; none of them
// knows the model. annotate/folder manages the served folder, and annotate/web holds what all servers have in common, such
// as access rules.
//
// Where to start reading: backend.go, then annotate/itksnap, the smallest of the protocols.
package annotate
