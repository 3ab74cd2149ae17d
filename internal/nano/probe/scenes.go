package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/train"
)

// repeats is how many slices the scenes have beyond the outlined one.
const repeats = 10

// scene is a volume with one object, outlined on some slices.
type scene struct {
	name     string
	of       *train.Case
	outlined []int
}

func (s scene) isOutlined(z int) bool { return slices.Contains(s.outlined, z) }

// object is a slice with a mask.
type object struct {
	h, w int
	gray []uint8
	mask []bool
}

// leastPixels is the least area of an object that is probed.
const leastPixels = 40

// drawn takes the first object of a case that is large enough, on its middle slice.
func drawn(c *train.Case) (object, bool) {
	for o := range c.Objects {
		var on []int
		for z := range c.Len() {
			if slices.Contains(c.Visible(z), o) {
				on = append(on, z)
			}
		}
		if len(on) == 0 {
			continue
		}
		z := on[len(on)/2]
		mask := c.Mask(z, o)
		if masks.Area(mask) >= leastPixels {
			return object{c.H, c.W, c.Images[z], mask}, true
		}
	}
	return object{}, false
}

// empty is a case of the object's size without slices.
func (o object) empty(name string) *train.Case {
	return &train.Case{Name: name, H: o.h, W: o.w, Objects: []int32{1}}
}

// add appends a slice of places moved by at: where a pixel comes from.
func (o object) add(c *train.Case, at func(x, y float64) (float64, float64)) {
	gray, labels := make([]uint8, o.h*o.w), make([]uint8, o.h*o.w)
	for y := range o.h {
		for x := range o.w {
			fx, fy := at(float64(x), float64(y))
			fx, fy = min(max(fx, 0), float64(o.w-1)), min(max(fy, 0), float64(o.h-1))
			gray[y*o.w+x] = uint8(o.between(fx, fy) + 0.5)
			if o.mask[int(fy+0.5)*o.w+int(fx+0.5)] {
				labels[y*o.w+x] = 1
			}
		}
	}
	c.Images, c.Labels = append(c.Images, gray), append(c.Labels, labels)
}

// between is the gray value between pixels.
func (o object) between(x, y float64) float64 {
	x0, y0 := min(int(x), o.w-2), min(int(y), o.h-2)
	fx, fy := x-float64(x0), y-float64(y0)
	g := func(dy, dx int) float64 { return float64(o.gray[(y0+dy)*o.w+x0+dx]) }
	return (1-fy)*((1-fx)*g(0, 0)+fx*g(0, 1)) + fy*((1-fx)*g(1, 0)+fx*g(1, 1))
}

func stay(x, y float64) (float64, float64) { return x, y }

func still(o object) scene {
	c := o.empty("still")
	for range repeats + 1 {
		o.add(c, stay)
	}
	return scene{"still", c, []int{0}}
}

// drift moves the object by 3 % of its size and lets it grow by 2 % a slice, about its middle.
func (o object) drift(c *train.Case, slices int) {
	var sx, sy, n float64
	for i, in := range o.mask {
		if in {
			sx, sy, n = sx+float64(i%o.w), sy+float64(i/o.w), n+1
		}
	}
	cx, cy, size := sx/n, sy/n, math.Sqrt(n)
	for k := range slices {
		shift, grown := 0.03*size*float64(k), math.Pow(1.02, float64(k))
		o.add(c, func(x, y float64) (float64, float64) {
			return cx + (x-shift-cx)/grown, cy + (y-0.5*shift-cy)/grown
		})
	}
}

func moving(o object) scene {
	c := o.empty("moving")
	o.drift(c, repeats+1)
	return scene{"moving", c, []int{0}}
}

func gap(o object) scene {
	c := o.empty("gap")
	o.drift(c, repeats+1)
	return scene{"gap", c, []int{0, repeats}}
}

// back takes the object away on three of ten slices: gray values of its surroundings are in its place.
func back(o object) scene {
	c := o.empty("back")
	o.drift(c, repeats+1)
	rng := rand.New(rand.NewPCG(1, 1))
	for z := 4; z <= 6; z++ {
		train.PaintOver(c.Images[z], c.Mask(z, 0), o.w, rng)
		clear(c.Labels[z])
	}
	return scene{"back", c, []int{0}}
}
