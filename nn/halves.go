package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// KeepHalves lets the device store t as float16 from now on, if it can (backend.HalfKeeper) and no tape is recording. t must not be
// written any more.
func (g *Graph) KeepHalves(t *Tensor) {
	if !g.Recording() {
		t.keepHalves()
	}
}

// KeepHalves does the same to the weights that only matrix products read. They cannot be trained afterwards.
func (p *Params) KeepHalves() {
	for _, q := range p.All() {
		if q.factor {
			q.Tensor.keepHalves()
		}
	}
	if dev, ok := p.dev.(backend.HalfKeeper); ok {
		dev.Trim() // no later allocation is likely to fit where the float32 weights were
	}
}

func (s *storage) keepHalves() {
	if dev, ok := s.dev.(backend.HalfKeeper); ok {
		s.buf = dev.KeepHalves(s.buf)
		s.version++
	}
}
