package main

import (
	"math"

	"github.com/seed-6f79f512/slmsam/volume/carry"
)

// sample is what a slice showed, and the truth.
type sample struct {
	signs   carry.Evidence
	present bool
	weight  float64 // all sum to 1
}

// terms is the number of weights: one per sign, and the bias.
const terms = carry.Signs + 1

// ridge keeps weights small that the samples leave open.
const ridge = 1e-3

// regression minimizes the weighted cross entropy by Newton's method: weights, then the bias.
func regression(samples []sample) [terms]float64 {
	const rounds = 50
	var b [terms]float64
	for range rounds {
		var slope [terms]float64
		var curve [terms][terms]float64
		for i := range terms {
			slope[i], curve[i][i] = ridge*b[i], ridge
		}
		for _, s := range samples {
			x, sum, truth := [terms]float64{carry.Signs: 1}, 0.0, 0.0
			for i, v := range s.signs {
				x[i] = float64(v)
			}
			for i := range terms {
				sum += b[i] * x[i]
			}
			if s.present {
				truth = 1
			}
			p := 1 / (1 + math.Exp(-sum))
			for i := range terms {
				slope[i] += s.weight * (p - truth) * x[i]
				for j := range terms {
					curve[i][j] += s.weight * p * (1 - p) * x[i] * x[j]
				}
			}
		}
		for i, d := range solved(curve, slope) {
			b[i] -= d
		}
	}
	return b
}

// solved returns x with a x = y; a is symmetric and positive, so that elimination needs no exchange of rows.
func solved(a [terms][terms]float64, y [terms]float64) (x [terms]float64) {
	for k := range terms {
		for i := k + 1; i < terms; i++ {
			f := a[i][k] / a[k][k]
			for j := k; j < terms; j++ {
				a[i][j] -= f * a[k][j]
			}
			y[i] -= f * y[k]
		}
	}
	for k := terms - 1; k >= 0; k-- {
		x[k] = y[k]
		for j := k + 1; j < terms; j++ {
			x[k] -= a[k][j] * x[j]
		}
		x[k] /= a[k][k]
	}
	return x
}
