package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
)

// errOverfit says that the test was not passed.
var errOverfit = errors.New("the model has not beaten copy and flow at every distance when the steps were up")

// overfit trains a model on one object of one volume until it is ahead of copy and flow at every distance from the
// outline, as a model that can learn to follow anything must be. It is tried every so many steps.
func overfit(start train.StartOptions, path, recipe, dir string, each int) error {
	r, err := train.ReadRecipe(recipe)
	if err != nil {
		return err
	}
	c, data, err := firstObject(path)
	if err != nil {
		return err
	}
	f, err := newChase(c)
	if err != nil {
		return err
	}
	dev := cpu.New(0)
	defer dev.Close()
	start.Window = train.WindowOf(data)
	m, began, err := train.Begin(dev, start, r)
	if err != nil {
		return err
	}
	p := &prober{m}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var failed error
	passed := false
	try := func(step int) {
		var scores []float64
		if scores, failed = f.run(p); failed != nil {
			stop()
			return
		}
		fmt.Printf("%s, label %d, after %d steps\n", c.Name, c.Objects[0], step)
		f.print(scores)
		if passed = f.beaten(scores); passed {
			fmt.Println("passed: ahead of copy and flow at every distance")
			stop()
		}
	}
	try(0)
	setup := train.Setup{Recipe: r, Train: data, Dir: dir, Start: began, LastOnly: true, Report: func(p train.Progress) {
		if !passed && failed == nil && p.Metrics.Clip != "" && (p.Step%each == 0 || p.Step == p.Total) {
			try(p.Step)
		}
	}}
	t, err := train.New(nn.NewGraph(dev), m, setup)
	if err == nil && !passed {
		err = t.Run(ctx)
	}
	switch {
	case failed != nil:
		return failed
	case passed:
		return nil
	case err != nil:
		return err
	}
	return errOverfit
}
