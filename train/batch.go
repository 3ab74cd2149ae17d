package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Upload puts clips of the same shape on the graph's device as one batch: their slices become a batch of images,
// their objects a batch of objects.
func Upload(g *nn.Graph, clips ...*Clip) []slmsam.ClipFrame {
	frames := make([]slmsam.ClipFrame, len(clips[0].Frames))
	for i := range frames {
		frames[i] = uploadFrame(g, clips, i)
	}
	return frames
}

// uploadFrame uploads frame i of the clips.
func uploadFrame(g *nn.Graph, clips []*Clip, i int) slmsam.ClipFrame {
	size := clips[0].Size
	f := slmsam.ClipFrame{Free: clips[0].Frames[i].Free, Passed: clips[0].Frames[i].Passed}
	objects := 0
	for _, c := range clips {
		objects += len(c.Objects)
	}
	masks := make([]float32, objects*size*size)
	rest := masks
	for k, c := range clips {
		of := c.Frames[i]
		for p, on := range of.Masks {
			if on {
				rest[p] = 1
			}
		}
		rest = rest[len(of.Masks):]
		if of.Prior != nil {
			f.Prior = append(f.Prior, of.Prior)
		}
		n := len(c.Objects)
		f.Empty = append(f.Empty, of.Empty...)
		f.Clip = append(f.Clip, slices.Repeat([]int{k}, n)...)
		f.Present = append(f.Present, of.Present...)
		f.Recall = append(f.Recall, slices.Repeat([]bool{of.Recall}, n)...)
		if of.Points == nil {
			f.Points = append(f.Points, make([][]decoder.Point, n)...)
		} else {
			f.Points = append(f.Points, of.Points...)
		}
	}
	if f.Prior == nil {
		f.Pixels = uploadPixels(g, clips, i)
	}
	f.Masks = g.Upload(masks, len(f.Empty), size*size)
	addKnown(g, &f, clips, i)
	return f
}

// uploadPixels uploads frame i of the clips as a batch of images [clips,S,S,3], for a model without a prior.
func uploadPixels(g *nn.Graph, clips []*Clip, i int) *nn.Tensor {
	size := clips[0].Size
	pixels := make([]float32, 0, len(clips)*3*size*size)
	for _, c := range clips {
		pixels = append(pixels, volume.ImageNet(c.Frames[i].Gray)...)
	}
	return g.Upload(pixels, len(clips), size, size, 3)
}

// addKnown uploads which pixels of frame i have known labels, unless all of them do.
func addKnown(g *nn.Graph, f *slmsam.ClipFrame, clips []*Clip, i int) {
	if !slices.ContainsFunc(clips, func(c *Clip) bool { return c.Frames[i].Unknown != nil }) {
		return
	}
	pixels := clips[0].Size * clips[0].Size
	var known []float32
	for _, c := range clips {
		unknown := c.Frames[i].Unknown
		for range c.Objects {
			for p := range pixels {
				one := float32(1)
				if unknown != nil && unknown[p] {
					one = 0
				}
				known = append(known, one)
			}
			f.Unsure = append(f.Unsure, unknown != nil)
		}
	}
	f.Known = g.Upload(known, len(f.Empty), pixels)
}

// compare orders clips by the number of their frames and by which of them they learn from; 0 means that they can run
// side by side.
func (c *Clip) compare(other *Clip) int {
	return slices.CompareFunc(c.Frames, other.Frames, func(a, b Frame) int {
		switch {
		case a.Passed == b.Passed:
			return 0
		case a.Passed:
			return 1
		}
		return -1
	})
}

// learn accumulates the gradients of a batch of clips. Clips of the same shape run side by side, up to t.together at once.
// first, the number of clips before this batch, seeds the dropout.
func (t *Trainer) learn(ctx context.Context, clips []*Clip, first int, m *Metrics) error {
	clips = slices.Clone(clips)
	slices.SortStableFunc(clips, (*Clip).compare)
	for len(clips) > 0 {
		if err := t.pause(ctx); err != nil {
			return err
		}
		n := 1
		for n < min(len(clips), t.together) && clips[n].compare(clips[0]) == 0 {
			n++
		}
		if err := t.learnTogether(clips[:n], first, m); err != nil {
			return err
		}
		clips, first = clips[n:], first+n
	}
	return nil
}

// pause gives others a chance to use the device.
func (t *Trainer) pause(ctx context.Context) error {
	if t.Pause == nil {
		return nil
	}
	return t.Pause(ctx)
}

// learnTogether runs clips side by side. The loss of a batch is the mean of its clips' losses.
func (t *Trainer) learnTogether(clips []*Clip, first int, m *Metrics) error {
	n := float64(t.Recipe.Batch)
	w := t.Recipe.Weights
	w = Weights{Mask: w.Mask / n, Dice: w.Dice / n, IoU: w.IoU / n, Class: w.Class / n}
	t.g.Seed = uint32(stepSeed(t.Recipe.Seed, first))
	overlaps := make([]overlap, len(clips))
	terms, err := Backward(t.g, t.model, Upload(t.g, clips...), t.Recipe.Memory, w, func(i int, _ slmsam.ClipOutput, of []Terms) error {
		for k, c := range clips {
			overlaps[k].add(i, c.Frames[i].Empty, of[k])
		}
		return nil
	})
	t.g.Free()
	if err != nil {
		return fmt.Errorf("clip %s: %w", clips[0].Name, err)
	}
	for k, c := range clips {
		m.add(c.Name, terms[k], w, overlaps[k].mean(), n)
		if loss := terms[k].Total(t.Recipe.Weights); !terms[k].Finite() || loss > t.Recipe.MaxLoss {
			return fmt.Errorf("train: step %d: %w: the loss of clip %s is %g; lower the learning rates, or check that volume",
				m.Step, errDiverged, c.Name, loss)
		}
	}
	return nil
}

// overlap averages the soft Dice of a clip's tracked slices, recovered from the loss.
type overlap struct {
	sum float64
	n   int
}

// add counts a frame, unless it is the first or holds no object.
func (o *overlap) add(frame int, empty []bool, t Terms) {
	present := 0
	for _, e := range empty {
		if !e {
			present++
		}
	}
	if frame > 0 && present > 0 {
		o.sum += 1 - t.Dice*float64(len(empty))/float64(present)
		o.n++
	}
}

// mean is NaN if no tracked slice held an object.
func (o *overlap) mean() float64 { return o.sum / float64(o.n) }

// sideBySideBytes is the memory that clips running side by side may use. More of them would only overflow the caches:
// nano at 256 pixels is fastest with two at once, at 128 with all eight.
const sideBySideBytes = 1 << 30

// sideBySide returns how many clips of a batch are computed at once: what the recipe says or, for 0, as many of the
// largest clips as fit in sideBySideBytes. It does not depend on the machine, so that training is reproducible
// elsewhere.
func sideBySide(c slmsam.Config, r Recipe) (int, error) {
	if r.Together > 0 || r.Batch == 1 {
		return max(1, min(r.Together, r.Batch)), nil
	}
	var bytes [2]int64 // for one clip and for two
	for i := range bytes {
		d := &dryDevice{}
		g := nn.NewGraph(d)
		m, err := slmsam.New(d, c)
		if err != nil {
			return 0, fmt.Errorf("train: memory of a step: %w", err)
		}
		g.Recompute = r.Recompute
		for _, p := range m.Params.All() {
			p.Tensor.RequireGrad(!p.Buffer && r.trains(p.Name))
		}
		clips := slices.Repeat([]*Clip{blankClip(c, r)}, i+1)
		if _, err := Backward(g, m, Upload(g, clips...), r.Memory, r.Weights, nil); err != nil {
			return 0, fmt.Errorf("train: memory of a step: %w", err)
		}
		bytes[i] = d.peak
	}
	each := bytes[1] - bytes[0]
	return int(min(int64(r.Batch), 1+max(0, sideBySideBytes-bytes[0])/max(1, each))), nil
}
