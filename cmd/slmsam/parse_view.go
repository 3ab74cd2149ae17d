package main

import (
	"strconv"

	"github.com/seed-6f79f512/slmsam/volume"
)

// axisHelp is the help of --axis.
const axisHelp = "axis perpendicular to the slices: 0, 1 or 2 (default: the axis with the largest spacing)"

// parseAxis parses --axis.
func parseAxis(s string) (int, error) {
	axis, err := strconv.Atoi(s)
	if err != nil || axis < 0 || axis > 2 {
		return 0, usagef("--axis %q: want 0, 1 or 2", s)
	}
	return axis, nil
}

// parseWindow parses --window. It returns "", which leaves the choice to the model, for an empty value.
func parseWindow(s string) (volume.WindowRule, error) {
	if s == "" {
		return "", nil
	}
	rule, err := volume.ParseWindowRule(s)
	if err != nil {
		return "", usagef("--window %q: want LO,HI with LO < HI, such as -160,240, or lung, soft, bone, brain (CT), paper or auto", s)
	}
	return rule, nil
}
