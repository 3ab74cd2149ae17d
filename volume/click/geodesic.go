package click

import "math"

// Settings of path costs, for a step from one pixel to the next.
const (
	stepCost = 0.02 // of its length
	edgeCost = 0.25 // of the difference in value, in units of the usual one
	likeCost = 0.3  // of the difference from the click beyond the usual one
	seedSize = 2    // pixels around a click on every side that tell what it looks like
)

// unreachable is the cost of pixels that no path leads to.
const unreachable = math.MaxFloat32

// costs returns the cost of the cheapest path from any of the seeds to each pixel, [h,w] (Dijkstra 1959).
func (p *plane) costs(seeds []Spot) []float32 {
	out, from := make([]float32, len(p.pix)), make([]int32, len(p.pix))
	for i := range out {
		out[i] = unreachable
	}
	looks := make([]look, len(seeds))
	var open queue
	for k, s := range seeds {
		i := s.Y*p.w + s.X
		looks[k] = p.look(s)
		out[i], from[i] = 0, int32(k)
		open.push(path{at: int32(i)})
	}
	for len(open) > 0 {
		e := open.pop()
		if e.cost > out[e.at] {
			continue // a cheaper one was followed
		}
		y, x := int(e.at)/p.w, int(e.at)%p.w
		for v := max(y-1, 0); v <= min(y+1, p.h-1); v++ {
			for u := max(x-1, 0); u <= min(x+1, p.w-1); u++ {
				i := v*p.w + u
				if c := e.cost + p.step(int(e.at), i, v != y && u != x, looks[from[e.at]]); c < out[i] {
					out[i], from[i] = c, from[e.at]
					open.push(path{int32(i), c})
				}
			}
		}
	}
	return out
}

// step is the cost of the step from pixel a to its neighbor b, on a path from a click with the given look.
func (p *plane) step(a, b int, diagonal bool, from look) float32 {
	length := 1.0
	if diagonal {
		length = math.Sqrt2
	}
	edge := math.Abs(float64(p.pix[b]-p.pix[a])) / p.unit
	unlike := max(math.Abs(float64(p.pix[b])-from.mean)/from.spread-1, 0)
	return float32(length*(stepCost+likeCost*unlike) + edgeCost*edge)
}

// look is the mean and the spread of the values around a click.
type look struct{ mean, spread float64 }

func (p *plane) look(s Spot) look {
	sum, squares, n := 0.0, 0.0, 0.0
	for y := max(s.Y-seedSize, 0); y <= min(s.Y+seedSize, p.h-1); y++ {
		for x := max(s.X-seedSize, 0); x <= min(s.X+seedSize, p.w-1); x++ {
			v := p.at(y, x)
			sum, squares, n = sum+v, squares+v*v, n+1
		}
	}
	mean := sum / n
	return look{mean, math.Sqrt(max(squares/n-mean*mean, 0)) + 2*p.unit}
}

// path is the end of a path and its cost.
type path struct {
	at   int32
	cost float32
}

// queue is a binary heap of paths to follow, the cheapest first. (container/heap would allocate for each.)
type queue []path

func (q *queue) push(e path) {
	*q = append(*q, e)
	h := *q
	for i := len(h) - 1; i > 0 && h[i].cost < h[(i-1)/2].cost; i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
}

func (q *queue) pop() path {
	h := *q
	first, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= min(2*i+2, last-1); child++ {
			if h[child].cost < h[least].cost {
				least = child
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	*q = h
	return first
}
