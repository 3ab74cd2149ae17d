// Package labelmap joins the packages volume and eval, which do not know each other: it hands label maps read by the one
// to the other.
package labelmap

import (
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Load reads a label map of any format that volume knows; it is an eval.Loader. Values that are no whole numbers, NaN
// among them, are an error.
func Load(path string) (*eval.LabelMap, error) {
	l, err := volume.ReadLabelMap(path)
	if err != nil {
		return nil, err
	}
	return From(l), nil
}

// From shares the voxels of l. A grid whose file holds no position is compared by size and spacing only.
func From(l *volume.LabelMap) *eval.LabelMap {
	m := &eval.LabelMap{Dim: l.Dim, Spacing: l.Geom.Spacing, Data: l.Data}
	if !l.Geom.Nominal {
		m.Affine = l.Geom.Affine
	}
	return m
}
