// Package report draws what a propagation gave, for a look before the label map is used: a montage of
// slices with contours, and curves of object score and area that show where an object was judged absent.
//
// Start reading at study.go, then montage.go and presence.go. The package imports volume for geometry,
// golang.org/x/image for scaling and text, and gonum.org/v1/plot for the curves.
package report
