// Package learn closes the annotator's loop: it fine-tunes the model that a server uses on the volumes of its folder that
// were reviewed, as slmsam train does without choices, and lets the new weights serve from then on.
//
//	annotate/viewer, annotate/monailabel ─► Learner ─► train, annotate/folder
//	annotate/project                     ─► Served  ─► slmsam.Model
//
// Weights that came out of a training lie in the folder's .slmsam/models, one file each with a record beside it; serving.json
// names those that serve. They stay until somebody removes them, and can be switched at any time; the weights that the
// server was started with are always among them.
//
// A training has a device of its own, and computes only while no annotator's request does: it stands still before every clip
// and every slice of a validation as long as there are any (turns.go).
//
// Where to start reading: learner.go, run.go, served.go.
package learn
