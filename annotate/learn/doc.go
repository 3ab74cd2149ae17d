// Package learn lets a server's model learn from its annotators: it fine-tunes the model on the reviewed volumes of the
// served folder, as slmsam train does by default, and then uses the new weights if they are better.
//
//	annotate/viewer, annotate/monailabel ─► Learner ─► train, annotate/folder
//	annotate/project                     ─► Served  ─► slmsam.Model
//
// Weights from training runs are kept in the folder's .slmsam/models, each with a record next to it, until somebody removes
// them. The weights in use are named in .slmsam/serving.json and can be switched at any time; those the server was started
// with are always available.
//
// A training run has its own device, but computes only while no annotator's request does: before every few clips, and before every
// slice of a validation, it waits for requests to finish (turns.go).
//
// Where to start reading: learner.go, run.go, weights.go, served.go.
package learn
