// Package kerneltest is the test suite for all implementations of nn/backend. [Run] compares a device with a reference, in
// practice the plain loops of nn/cpu, on seeded random operands: sizes of 1, primes, sizes that are not multiples of any tile,
// batches, broadcasts, offsets, packed heads. [Gradients] and [Adjoint] check that a backward kernel is the derivative of its
// forward kernel; they need no reference.
//
// Every comparison is |got - want| <= Abs + Rel*|want|, with a named [Tolerance] that states its reason. Outputs that a kernel
// must overwrite start as NaN. Inputs must not change, nor may the words around an output.
//
// Start reading at run.go and trial.go. Imports: nn/backend.
package kerneltest
