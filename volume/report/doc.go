// Package report draws the result of a segmentation, for a look before the label map is used: a montage in which
// doubtful slices stand first, and curves of object score and area that show where an object was judged absent.
//
// Start reading at study.go, then montage.go and presence.go. choose.go says which slices are shown, crop.go which
// part of them, window.go in which grays, tile.go how a part of a slice is drawn. The package imports volume,
// golang.org/x/image for scaling and text, and gonum.org/v1/plot for the curves; it knows nothing of models.
package report
