package train

import "math/rand/v2"

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
	of, cost := make([]int32, len(gray)), make([]int32, len(gray))
	for i := range of {
		of[i], cost[i] = -1, 1<<30
	}
	across := stepCost
	if s := c.Spacing; s[0] > 0 {
		across = min(max(int(stepCost*s[2]/s[0]+0.5), 1), stepMost)
	}
	type arrival struct{ voxel, seed int32 }
	var buckets [costLimit + 1][]arrival
	for i := range n {
		v := rng.IntN(len(gray))
		if cost[v] != 0 {
			cost[v] = 0
			buckets[0] = append(buckets[0], arrival{int32(v), int32(i)})
		}
	}
	for now, empty := 0, 0; empty <= costLimit; now++ {
		at := &buckets[now%len(buckets)]
		empty++
		for len(*at) > 0 {
			empty = 0
			a := (*at)[len(*at)-1]
			*at = (*at)[:len(*at)-1]
			v := int(a.voxel)
			if of[v] >= 0 || int(cost[v]) != now {
				continue
			}
			of[v] = a.seed
			x, y, z := v%c.W, v%area/c.W, v/area
			visit := func(inside bool, to, step int) {
				if !inside || of[to] >= 0 {
					return
				}
				next := now + step + max(gray[to]-gray[v], gray[v]-gray[to])/grayCost
				if next < int(cost[to]) {
					cost[to] = int32(next)
					buckets[next%len(buckets)] = append(buckets[next%len(buckets)], arrival{int32(to), a.seed})
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
