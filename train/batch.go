package train

import (
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
