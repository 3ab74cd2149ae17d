package main

import (
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// parseAxis reads the number of an axis.
func parseAxis(s string) (int, error) {
	axis, err := strconv.Atoi(s)
	if err != nil || axis < 0 || axis > 2 {
		return 0, usagef("--axis %q: want 0, 1 or 2", s)
	}
	return axis, nil
}

// parseWindow reads "LO,HI".
func parseWindow(s string) (volume.Window, error) {
	lo, hi, ok := strings.Cut(s, ",")
	var w volume.Window
	var errLo, errHi error
	w.Lo, errLo = strconv.ParseFloat(strings.TrimSpace(lo), 64)
	w.Hi, errHi = strconv.ParseFloat(strings.TrimSpace(hi), 64)
	if !ok || errLo != nil || errHi != nil || w.Check() != nil {
		return w, usagef("--window %q: want LO,HI with LO < HI, as -160,240", s)
	}
	return w, nil
}
