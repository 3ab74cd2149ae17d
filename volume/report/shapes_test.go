package report

import (
	"fmt"
	"io"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestOddShapes checks that volumes of unusual shape can be drawn across every axis, whether labeled everywhere, nowhere or
// in one voxel, with long names and doubts.
func TestOddShapes(t *testing.T) {
	for _, dim := range [][3]int{{1, 1, 1}, {2000, 2, 3}, {3, 700, 1}, {5, 5, 40}} {
		for axis := range 3 {
			for _, labeled := range []string{"all", "none", "one"} {
				v := &volume.Volume{Dim: dim, Data: make([]float32, dim[0]*dim[1]*dim[2]), Geom: volume.NewGeometry(dim, [3]float64{0.5, 3, 1})}
				s := Study{Title: "odd", Image: v, Labels: volume.NewLabelMap(v), Axis: axis}
				for i := range s.Labels.Data {
					if labeled == "all" || labeled == "one" && i == 0 {
						s.Labels.Data[i] = 2
					}
				}
				o := Object{Label: 2, Name: "a name that is far longer than there is room for it in any place of the picture, as names may be",
					Doubts: []string{"found on far fewer slices than expected of such an object", "in pieces"}}
				for z := range dim[axis] {
					o.Slices = append(o.Slices, Slice{Index: z, Area: 1, Doubts: []string{"areajumps" + fmt.Sprint(z) + "inonelongwordthatdoesnotfitanywhereatall"}})
				}
				s.Objects = []Object{o}
				require.NoError(t, Montage(io.Discard, s), "%v axis %d %s", dim, axis, labeled)
				require.NoError(t, Presence(io.Discard, s), "%v axis %d %s", dim, axis, labeled)
			}
		}
	}
}
