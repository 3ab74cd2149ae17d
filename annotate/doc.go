// Package annotate is what the programs that people annotate with have in common: a session on a volume, in
// which strokes become outlines of objects and outlines are carried through the volume.
//
//	annotate/nninteractive, annotate/monailabel, annotate/itksnap ─► Backend, Session ◄─ annotate/session ─► annotate/project ─► slmsam
//	annotate/viewer (the page) ─► annotate/project (a folder of volumes, durable) ─► slmsam
//
// Each protocol package translates what its clients send into strokes and what a session holds into the
// client's replies; none of them knows the model. annotate/folder is the served folder, annotate/web
// what every server does before it looks at a request.
//
// Where to start reading: backend.go, then annotate/itksnap, the smallest of the protocols.
package annotate
