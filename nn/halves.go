package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// KeepHalves lets the device keep t as float16 from now on, if it does that (backend.HalfKeeper) and no tape is recorded. t must
// not be written any more.
func (g *Graph) KeepHalves(t *Tensor) {
	if !g.Recording() {
		t.keepHalves()
	}
}

// KeepHalves does that with the matrices that only products read, which cannot be trained then.
func (p *Params) KeepHalves() {
	for _, q := range p.All() {
		if q.factor {
			q.Tensor.keepHalves()
		}
	}
	if dev, ok := p.dev.(backend.HalfKeeper); ok {
		dev.Trim() // nothing else will be as large as the weights were
	}
}

func (s *storage) keepHalves() {
	if dev, ok := s.dev.(backend.HalfKeeper); ok {
		s.buf = dev.KeepHalves(s.buf)
		s.version++
	}
}
