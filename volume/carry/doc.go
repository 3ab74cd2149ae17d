// Package carry tracks an outline from slice to slice without a network: optical flow moves it, gray values inside
// and outside refine it, and a minimal cut snaps it to edges. The built-in model starts from it
// (slmsam.Config.Prior); on its own it is about as good as such methods get.
//
// An object is seen on square slices of Side x Side pixels around it, converted to 8 bits with a single gray window.
// Letters: N = Side * Side. Start with Carrier.
package carry
