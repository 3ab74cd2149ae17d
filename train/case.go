package train

import (
	"fmt"
	"slices"
	"sync"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Source is a set of annotated volumes. Case may be called from several goroutines at once. A source that generates
// volumes may return a new case for every index; Len is then how many there are before they repeat.
type Source interface {
	Len() int
	Case(i int) (*Case, error)
}

// Weighted is a Source whose cases are drawn with replacement, with probability proportional to their weights,
// instead of in turn.
type Weighted interface {
	Source
	Weight(i int) float64 // > 0; usually 1
}

// Cases is a Source in memory.
type Cases []*Case

// Len implements Source.
func (c Cases) Len() int { return len(c) }

// Case implements Source.
func (c Cases) Case(i int) (*Case, error) { return c[i], nil }

// Case is one annotated volume as slices along an axis, at native size. It must not be changed once it is in use.
type Case struct {
	Name    string
	H, W    int
	Images  [][]uint8 // per slice [H,W], windowed to 0..255 as in Model.Segment
	Labels  [][]uint8 // per slice [H,W]: 0 is background, i+1 is Objects[i], 255 (ignored) unknown
	Objects []int32   // label numbers, as in the file
	Notes   []string  // anything unusual about the files, for the user

	Legend  map[int32]volume.Label // names of Objects, if the file has them
	Spacing [3]float64             // mm between pixels along W and H, and between slices; 0 for a case not made from a volume

	intensity func(i int) []float32 // [H,W] as in the volume; nil for a case not made from one
	window    volume.Window         // the window that made Images from the intensities
	nominal   bool                  // the spacing is made up, since the file does not give it

	scored []bool // which slices count in validation; nil counts all

	once    sync.Once
	visible [][]int // per slice: indices of the objects on it
	turns   [2]turn // resliced across columns and rows
	whole   sync.Once
	volume  [][]float32 // intensities of all slices, cached for reslicing
}

// Slices returns the case as the model sees it: W x H x slices, with the slices along sliceAxis.
func (c *Case) Slices() slmsam.Slices {
	dim := [3]int{c.W, c.H, c.Len()}
	v := &volume.Volume{Dim: dim, Data: make([]float32, 0, c.W*c.H*c.Len()), Geom: c.geometry()}
	window := c.window
	if c.intensity == nil {
		window = volume.Window{Lo: 0, Hi: 255}
	}
	for i := range c.Images {
		v.Data = append(v.Data, c.Intensity(i)...)
	}
	return slmsam.Slices{Volume: v, Axis: sliceAxis, Window: window}
}

// geometry is the grid of Slices and LabelMap; the spacing is 1 if it is not known.
func (c *Case) geometry() volume.Geometry {
	spacing := c.Spacing
	if spacing == ([3]float64{}) {
		spacing = [3]float64{1, 1, 1}
	}
	return volume.NewGeometry([3]int{c.W, c.H, c.Len()}, spacing)
}

// sliceAxis is the axis of Slices and LabelMap along which the slices lie.
const sliceAxis = 2

// ignored is the label index of pixels with unknown labels; maxObjects is how many indices are left for objects.
const (
	ignored    = 255
	maxObjects = ignored - 1
)

// Len is the number of slices.
func (c *Case) Len() int { return len(c.Images) }

// Size is the height and width of a slice.
func (c *Case) Size() (h, w int) { return c.H, c.W }

// Gray is slice i, [H,W].
func (c *Case) Gray(i int) []uint8 { return c.Images[i] }

// Visible lists the objects on slice i, as indices into Objects.
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

// Mask returns the mask of object o on slice i, [H,W].
func (c *Case) Mask(i, o int) []bool {
	mask := make([]bool, len(c.Labels[i]))
	for p, l := range c.Labels[i] {
		mask[p] = int(l) == o+1
	}
	return mask
}

// Check returns an error if no clip can be taken from the case.
func (c *Case) Check() error {
	switch {
	case len(c.Images) == 0 || len(c.Images) != len(c.Labels):
		return fmt.Errorf("train: case %s: %d image slices and %d label slices", c.Name, len(c.Images), len(c.Labels))
	case len(c.Objects) == 0:
		return fmt.Errorf("train: case %s: no object is labeled", c.Name)
	case len(c.Objects) > maxObjects:
		return fmt.Errorf("train: case %s has %d labels, at most %d can be trained at once: choose some", c.Name, len(c.Objects), maxObjects)
	}
	for i := range c.Images {
		if len(c.Images[i]) != c.H*c.W || len(c.Labels[i]) != c.H*c.W {
			return fmt.Errorf("train: case %s: slice %d has %d image and %d label pixels, want %d x %d", c.Name, i, len(c.Images[i]), len(c.Labels[i]), c.H, c.W)
		}
	}
	return nil
}

// CaseOptions controls how a volume becomes slices.
type CaseOptions struct {
	Axis   int               // 0, 1 or 2; -1 takes the acquisition axis
	Labels []int32           // labels to train; nil takes all. A label missing from the volume is an error
	Window volume.WindowRule // how intensities become gray values; empty: automatic

	Channel int   // channel of an nnU-Net folder's images
	Ignore  int32 // label of voxels whose truth is unknown; 0: none

	IgnoreGeometry bool // accept a label map of the image's size whatever its header says
}

// NewCase cuts an image and its label map into slices.
func NewCase(name string, v *volume.Volume, l *volume.LabelMap, opt CaseOptions) (*Case, error) {
	l, notes, err := volume.OntoGrid(v, l, volume.GridOptions{IgnoreGeometry: opt.IgnoreGeometry, Axis: -1})
	if err != nil {
		return nil, fmt.Errorf("train: case %s: %w", name, err)
	}
	objects, err := objectsOf(l, opt.Labels, opt.Ignore)
	if err != nil {
		return nil, fmt.Errorf("train: case %s: %w", name, err)
	}
	if opt.Axis < 0 {
		opt.Axis = v.AcquisitionAxis()
	}
	window, err := opt.Window.Of(v)
	if err != nil {
		return nil, fmt.Errorf("train: case %s: %w", name, err)
	}
	c := &Case{Name: name, Objects: objects, Legend: l.Legend, Notes: notes}
	c.H, c.W = volume.SliceSize(v.Dim, opt.Axis)
	c.window, c.nominal = window, v.Geom.Nominal
	c.intensity = func(i int) []float32 { return v.Slice(opt.Axis, i) }
	across := slices.Delete(slices.Clone(v.Geom.Spacing[:]), opt.Axis, opt.Axis+1)
	c.Spacing = [3]float64{across[0], across[1], v.Geom.Spacing[opt.Axis]}
	index := make(map[int32]uint8, len(objects))
	for i, o := range objects {
		index[o] = uint8(i + 1)
	}
	if opt.Ignore != 0 {
		index[opt.Ignore] = ignored
	}
	for i := range v.Dim[opt.Axis] {
		c.Images = append(c.Images, window.Apply(v.Slice(opt.Axis, i)))
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

// objectsOf lists the labels to train in ascending order.
func objectsOf(l *volume.LabelMap, want []int32, ignore int32) ([]int32, error) {
	counts := l.Counts()
	delete(counts, 0)
	delete(counts, ignore)
	var found []int32
	for label := range counts {
		if label > 0 {
			found = append(found, label)
		}
	}
	slices.Sort(found)
	if len(found) == 0 {
		return nil, fmt.Errorf("the label map %s is empty: at least one object must be labeled", l.Path)
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
	if len(found) > maxObjects {
		return nil, fmt.Errorf("%s has %d labels, at most %d can be trained at once: choose some", l.Path, len(found), maxObjects)
	}
	return found, nil
}

// LabelMap returns the annotation as a label map with the case's own label numbers: W x H x slices, with the slices
// along sliceAxis.
func (c *Case) LabelMap() *volume.LabelMap {
	l := &volume.LabelMap{Dim: [3]int{c.W, c.H, c.Len()}, Geom: c.geometry(), Legend: c.Legend}
	for _, pix := range c.Labels {
		for _, o := range pix {
			label := int32(0)
			if o > 0 && o != ignored {
				label = c.Objects[o-1]
			}
			l.Data = append(l.Data, label)
		}
	}
	return l
}
