// Package click finds an object on a slice from clicks on it and outside it, without a network.
//
// Cheap paths (geodesics, geodesic.go) lead from the clicks to pixels that look like them. At a growing cost, a growing part of
// the slice can be reached from the clicks on the object; of these regions, the one with the most contrast along its border is
// the object (region.go). Clicks outside the object claim what is cheaper to reach from them. A mask that is already there
// is changed as little as the clicks demand (correct.go).
//
// Where to start reading: click.go.
package click
