package memattn

import "github.com/seed-6f79f512/slmsam/nn"

// Encoding gives memories and pointers their temporal positions.
type Encoding struct {
	Temporal *nn.Tensor // [frames,M] maskmem_tpos_enc: row distance - 1; the last row for prompted slices
	Pointer  nn.Linear  // C -> M, obj_ptr_tpos_proj
}

// NewEncoding declares maskmem_tpos_enc and obj_ptr_tpos_proj under p.
func NewEncoding(p *nn.Params, c Config, frames int) *Encoding {
	t := p.Tensor("maskmem_tpos_enc", nn.Normal(0.02), nil, frames, 1, 1, c.MemoryWidth)
	return &Encoding{
		Temporal: t.Reshape(frames, c.MemoryWidth),
		Pointer:  p.Linear("obj_ptr_tpos_proj", c.Width, c.MemoryWidth),
	}
}

// Tokens arranges a selection as keys and values: the memories, with the grid's sine encoding plus their temporal
// position; then the pointers, each split into C/M tokens that share one position.
func (e *Encoding) Tokens(g *nn.Graph, s Selection, v View) Tokens {
	out := g.Scoped(func() []*nn.Tensor {
		var memory, positions []*nn.Tensor
		for _, m := range s.Memories {
			memory = append(memory, m.Memory)
		}
		if len(s.Memories) > 0 {
			positions = append(positions, e.memoryPositions(g, s.Memories))
		}
		for _, p := range s.Pointers {
			memory = append(memory, e.split(p.Pointer))
		}
		if len(s.Pointers) > 0 {
			positions = append(positions, e.pointerPositions(g, s.Pointers, v))
		}
		return []*nn.Tensor{g.Concat(1, memory...), g.Concat(1, positions...)}
	})
	width, memoryWidth := e.Pointer.W.Dim(0), e.Pointer.W.Dim(1)
	return Tokens{Memory: out[0], Positions: out[1], Pointers: len(s.Pointers) * width / memoryWidth}
}

// split cuts pointers [B,C] into tokens [B,C/M,M].
func (e *Encoding) split(pointer *nn.Tensor) *nn.Tensor {
	return pointer.Reshape(pointer.Dim(0), -1, e.Pointer.W.Dim(1))
}

// memoryPositions returns the encoding of the memories' tokens, one memory after the other: [1,k*N,M].
func (e *Encoding) memoryPositions(g *nn.Graph, memories []Selected) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		n, frames, m := memories[0].Memory.Dim(1), e.Temporal.Dim(0), e.Temporal.Dim(1)
		grid := g.SineGrid(sideOf(n), m)
		choose := make([]float32, len(memories)*frames) // one product selects all rows; copies would run one after another on a GPU
		for i, s := range memories {
			choose[i*frames+s.At] = 1
		}
		times := g.Linear(g.Upload(choose, len(memories), frames), e.Temporal, nil).Reshape(len(memories), 1, m)
		return g.Add(times, grid).Reshape(1, len(memories)*n, m)
	})
}

// pointerPositions returns the encoding of the pointers' tokens: [1,k*C/M,M].
func (e *Encoding) pointerPositions(g *nn.Graph, pointers []Selected, v View) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		width, m := e.Pointer.W.Dim(0), e.Pointer.W.Dim(1)
		var sines []float32
		for _, p := range pointers {
			sines = append(sines, nn.SineDistance(float64(p.At)/float64(max(v.PointerSpan()-1, 1)), width)...)
		}
		at := e.Pointer.Forward(g, g.Upload(sines, len(pointers), width)) // [k,M]
		return g.Expand(at.Reshape(len(pointers), 1, m), 1, width/m).Reshape(1, -1, m)
	})
}
