// Package phantom makes volumes that look like anatomy, with labels: what a model is trained on before it has
// seen a patient, and what slmsam demo shows.
//
// A scene (scene.go) is a body with organs, vessels, walls and look-alikes of implicit shapes (shape.go); it is
// sampled slice by slice and rendered with contrast, texture, bias field, blur and noise (render.go). The
// same seed and index give the same bytes on machines of one architecture. The package imports volume only.
package phantom
