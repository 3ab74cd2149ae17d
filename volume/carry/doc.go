// Package carry takes an outline from slice to slice without a network: optical flow moves it, the gray values inside
// and outside judge it, and a minimal cut snaps it to edges. It is what the built-in model starts from
// (slmsam.Config.Prior), and by itself as good as such methods are.
//
// An object is seen on square slices of Side x Side pixels about it, 8 bit, of one window. Letters: N = Side * Side.
// Start reading at Carrier.
package carry
