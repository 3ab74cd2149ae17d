package train

import (
	"math/rand/v2"
	"slices"
)

// Costs of a step between neighboring voxels in grow.
const (
	stepCost  = 2  // within a slice
	stepMost  = 10 // largest cost of a step to another slice, where slices are far apart
	grayCost  = 2  // gray levels of difference that add 1 to the cost of a step
	costLimit = stepMost + 255/grayCost + 1
)

// grow draws n seeds at random and gives every voxel of a case, [slices,H,W], the number of the seed with the
// cheapest path to it; steps across edges cost more. (Dijkstra's algorithm with buckets.)
func grow(c *Case, n int, rng *rand.Rand) []int32 {
	area := c.H * c.W
	gray := make([]int, 0, area*c.Len())
	for _, slice := range c.Images {
		gray = append(gray, boxBlur(slice, c.H, c.W)...)
	}
	across := stepCost
	if s := c.Spacing; s[0] > 0 {
		across = min(max(int(stepCost*s[2]/s[0]+0.5), 1), stepMost)
	}
	of := slices.Repeat([]int32{-1}, len(gray))
	f := &frontier{cost: slices.Repeat([]int32{1 << 30}, len(gray))}
	for i := range n {
		f.reach(rng.IntN(len(gray)), int32(i), 0)
	}
	for now, empty := 0, 0; empty <= costLimit; now++ { // until all buckets are empty
		empty++
		for {
			v, seed, ok := f.next(now)
			if !ok {
				break
			}
			empty = 0
			if of[v] >= 0 || int(f.cost[v]) != now {
				continue
			}
			of[v] = seed
			x, y, z := v%c.W, v%area/c.W, v/area
			visit := func(inside bool, to, step int) {
				if inside && of[to] < 0 {
					f.reach(to, seed, now+step+max(gray[to]-gray[v], gray[v]-gray[to])/grayCost)
				}
			}
			visit(x > 0, v-1, stepCost)
			visit(x+1 < c.W, v+1, stepCost)
			visit(y > 0, v-c.W, stepCost)
			visit(y+1 < c.H, v+c.W, stepCost)
			visit(z > 0, v-area, across)
			visit(z+1 < c.Len(), v+area, across)
		}
	}
	return of
}

// frontier holds the voxels that grow has reached, in buckets by path cost, modulo the number of buckets.
type frontier struct {
	buckets [costLimit + 1][]arrival
	cost    []int32 // of the cheapest path to each voxel so far
}

// arrival is a path from a seed to a voxel.
type arrival struct{ voxel, seed int32 }

// reach adds a path from a seed to a voxel, unless one at most as expensive is known.
func (f *frontier) reach(voxel int, seed int32, cost int) {
	if cost < int(f.cost[voxel]) {
		f.cost[voxel] = int32(cost)
		b := &f.buckets[cost%len(f.buckets)]
		*b = append(*b, arrival{int32(voxel), seed})
	}
}

// next takes a path of the given cost; ok is false if there are no more.
func (f *frontier) next(cost int) (voxel int, seed int32, ok bool) {
	b := &f.buckets[cost%len(f.buckets)]
	if len(*b) == 0 {
		return 0, 0, false
	}
	a := (*b)[len(*b)-1]
	*b = (*b)[:len(*b)-1]
	return int(a.voxel), a.seed, true
}

// boxBlur returns the mean of each pixel's 3 x 3 neighborhood, so that noise does not create edges.
func boxBlur(pix []uint8, h, w int) []int {
	out := make([]int, len(pix))
	for y := range h {
		for x := range w {
			sum, n := 0, 0
			for v := max(y-1, 0); v <= min(y+1, h-1); v++ {
				for u := max(x-1, 0); u <= min(x+1, w-1); u++ {
					sum, n = sum+int(pix[v*w+u]), n+1
				}
			}
			out[y*w+x] = sum / n
		}
	}
	return out
}
