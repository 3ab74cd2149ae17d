// Package phantom generates labeled volumes that resemble anatomy. Models train on them before they see a patient,
// and slmsam demo shows one.
//
// A scene (scene.go) is a body with organs, vessels, walls, and look-alikes, made of implicit shapes (shape.go). It
// is sampled slice by slice and rendered with contrast, texture, bias field, blur, and noise (render.go). The same
// seed and index give the same bytes on machines of one architecture. The package imports only volume.
package phantom
