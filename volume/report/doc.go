// Package report draws the result of a segmentation for review: a montage with doubtful slices first, and curves of object
// score and area, which show where an object was judged absent.
//
// Where to start reading: study.go, then montage.go and presence.go. choose.go decides which slices are shown, crop.go which
// part of them, window.go in which gray window, and tile.go how they are drawn. The package imports volume,
// golang.org/x/image for scaling and text, and gonum.org/v1/plot for the curves. It knows nothing about models.
package report
