package train

import (
	"fmt"
	"slices"
	"sync"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Source is a set of annotated volumes. Case may be called from several goroutines at once. It may make a
// new case for every index (generated volumes); then Len is how many there are before they repeat.
type Source interface {
	Len() int
	Case(i int) (*Case, error)
}

// Weighted is a Source whose cases are drawn with these weights, with replacement, instead of in turn.
type Weighted interface {
	Source
	Weight(i int) float64 // > 0; 1 is usual
}

// Cases is a Source in memory.
type Cases []*Case

// Len implements Source.
func (c Cases) Len() int { return len(c) }

// Case implements Source.
func (c Cases) Case(i int) (*Case, error) { return c[i], nil }

// Case is one annotated volume as slices along an axis, at native size. It is read only once it is in use.
type Case struct {
	Name    string
	H, W    int
	Images  [][]uint8 // per slice [H,W], normalised to 0..255 as Propagate sees them
	Labels  [][]uint8 // per slice [H,W]: 0 is background, i+1 is Objects[i]
	Objects []int32   // label numbers, as in the file

	Spacing [3]float64 // mm between pixels along W and H, and between slices; 0 where a case was not made from a volume

	intensity func(i int) []float32 // [H,W] as in the volume; nil where a case was not made from one

	once    sync.Once
	visible [][]int // per slice: indices of the objects that are on it
}

// Len is the number of slices; with Size and Gray a Case is a slmsam.Slices.
func (c *Case) Len() int { return len(c.Images) }

// Size is the height and width of a slice.
func (c *Case) Size() (h, w int) { return c.H, c.W }

// Gray is slice i, [H,W].
func (c *Case) Gray(i int) []uint8 { return c.Images[i] }

// Visible lists the objects, as indices into Objects, that slice i holds.
func (c *Case) Visible(i int) []int {
	c.once.Do(func() {
		c.visible = make([][]int, len(c.Labels))
		for z, pix := range c.Labels {
			var seen [256]bool
			for _, l := range pix {
				seen[l] = true
			}
			for o := range c.Objects {
				if seen[o+1] {
					c.visible[z] = append(c.visible[z], o)
				}
			}
		}
	})
	return c.visible[i]
}

// Mask returns where object o is on slice i, [H,W].
func (c *Case) Mask(i, o int) []bool {
	mask := make([]bool, len(c.Labels[i]))
	for p, l := range c.Labels[i] {
		mask[p] = int(l) == o+1
	}
	return mask
}

// Check reports a case that no clip can be taken from.
func (c *Case) Check() error {
	switch {
	case len(c.Images) == 0 || len(c.Images) != len(c.Labels):
		return fmt.Errorf("train: case %s: %d image slices and %d label slices", c.Name, len(c.Images), len(c.Labels))
	case len(c.Objects) == 0:
		return fmt.Errorf("train: case %s: no object is labelled", c.Name)
	case len(c.Objects) > 255:
		return fmt.Errorf("train: case %s has %d labels, at most 255 can be trained at once: choose some", c.Name, len(c.Objects))
	}
	for i := range c.Images {
		if len(c.Images[i]) != c.H*c.W || len(c.Labels[i]) != c.H*c.W {
			return fmt.Errorf("train: case %s: slice %d has %d image and %d label pixels, want %d x %d", c.Name, i, len(c.Images[i]), len(c.Labels[i]), c.H, c.W)
		}
	}
	return nil
}

// CaseOptions say how a volume becomes slices.
type CaseOptions struct {
	Axis   int           // 0, 1 or 2; -1 takes the acquisition axis
	Labels []int32       // the labels to train; nil takes all. One that a volume lacks is an error
	Window volume.Window // intensity range; the zero value takes volume.AutoWindow's
}

// NewCase cuts an image and its label map into slices.
func NewCase(name string, v *volume.Volume, l *volume.Labels, opt CaseOptions) (*Case, error) {
	if err := volume.CheckSameGrid(v, l); err != nil {
		return nil, fmt.Errorf("train: case %s: %w", name, err)
	}
	objects, err := objectsOf(l, opt.Labels)
	if err != nil {
		return nil, fmt.Errorf("train: case %s: %w", name, err)
	}
	if opt.Axis < 0 {
		opt.Axis = v.AcquisitionAxis()
	}
	if opt.Window == (volume.Window{}) {
		if opt.Window, err = volume.AutoWindow(v); err != nil {
			return nil, fmt.Errorf("train: case %s: %w", name, err)
		}
	}
	c := &Case{Name: name, Objects: objects}
	c.H, c.W = volume.SliceSize(v.Dim, opt.Axis)
	c.intensity = func(i int) []float32 { return v.Slice(opt.Axis, i) }
	across := slices.Delete(slices.Clone(v.Geom.Spacing[:]), opt.Axis, opt.Axis+1)
	c.Spacing = [3]float64{across[0], across[1], v.Geom.Spacing[opt.Axis]}
	index := make(map[int32]uint8, len(objects))
	for i, o := range objects {
		index[o] = uint8(i + 1)
	}
	for i := range v.Dim[opt.Axis] {
		c.Images = append(c.Images, opt.Window.Apply(v.Slice(opt.Axis, i)))
		c.Labels = append(c.Labels, indexed(l.Slice(opt.Axis, i), index))
	}
	return c, c.Check()
}

// indexed replaces label numbers by their object's index + 1.
func indexed(pix []int32, index map[int32]uint8) []uint8 {
	out := make([]uint8, len(pix))
	for i, l := range pix {
		if l != 0 {
			out[i] = index[l]
		}
	}
	return out
}

// objectsOf lists the labels to train, ascending.
func objectsOf(l *volume.Labels, want []int32) ([]int32, error) {
	counts := l.Counts()
	delete(counts, 0)
	var found []int32
	for label := range counts {
		if label > 0 {
			found = append(found, label)
		}
	}
	slices.Sort(found)
	if len(found) == 0 {
		return nil, fmt.Errorf("the label map %s is empty: at least one object must be labelled", l.Path)
	}
	for _, label := range want {
		if counts[label] == 0 {
			return nil, fmt.Errorf("label %d is not in %s, which holds %v: leave the volume out, or choose other labels", label, l.Path, found)
		}
	}
	if want != nil {
		found = slices.Sorted(slices.Values(want))
		found = slices.Compact(found)
	}
	if len(found) > 255 {
		return nil, fmt.Errorf("%s holds %d labels, at most 255 can be trained at once: choose some", l.Path, len(found))
	}
	return found, nil
}

// LabelMap is the annotation as a label map with the case's own numbers: W x H x slices, the slices across
// axis 2, of spacing 1 where the case does not know its own.
func (c *Case) LabelMap() *volume.Labels {
	dim, spacing := [3]int{c.W, c.H, c.Len()}, c.Spacing
	if spacing == ([3]float64{}) {
		spacing = [3]float64{1, 1, 1}
	}
	l := &volume.Labels{Dim: dim, Geom: volume.NewGeometry(dim, spacing)}
	for _, pix := range c.Labels {
		for _, o := range pix {
			label := int32(0)
			if o > 0 {
				label = c.Objects[o-1]
			}
			l.Data = append(l.Data, label)
		}
	}
	return l
}
