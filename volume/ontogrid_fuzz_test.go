package volume

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzOntoGrid brings masks with any geometry onto any grid: the result must have the image's size and keep every
// label, unless there is an error.
func FuzzOntoGrid(f *testing.F) {
	f.Add(1.0, 0.0, 0.0, 1.0, 3.0, 0.0, uint8(3), uint8(4), uint8(5), uint8(0), int8(-1))
	f.Add(-1.0, 0.5, 1e300, -2.0, 0.0, -7.5, uint8(1), uint8(1), uint8(9), uint8(255), int8(2))
	f.Add(math.Inf(1), 0.0, math.NaN(), 1.0, 1e-300, 4.0, uint8(2), uint8(2), uint8(2), uint8(17), int8(0))
	f.Fuzz(func(t *testing.T, a, b, c, d, e, origin float64, nx, ny, nz, flags uint8, slice int8) {
		dim := [3]int{int(nx%6) + 1, int(ny%6) + 1, int(nz%6) + 1}
		image := &Volume{Dim: [3]int{4, 3, 5}, Data: make([]float32, 60), Geom: NewGeometry([3]int{4, 3, 5}, [3]float64{1, 1, 3})}
		mask := &LabelMap{Dim: dim, Data: make([]int32, dim[0]*dim[1]*dim[2])}
		labeled := 0
		for i := range mask.Data {
			mask.Data[i] = int32(i % 3)
			labeled += min(i%3, 1)
		}
		mask.Geom = GeometryFromAffine(dim, affineFromColumns([3]float64{a, b, 0}, [3]float64{c, d, 0}, [3]float64{0, 0, e}, [3]float64{origin, origin, origin}))
		mask.Geom.Nominal, mask.Geom.Unplaced, mask.Geom.Flat = flags&1 != 0, flags&2 != 0, flags&4 != 0
		if flags&8 != 0 {
			mask.Geom.NIfTI = NIfTIFrame{Version: 1, NDim: 3, SFormCode: int32(flags >> 7), QFormCode: int32(flags >> 6 & 1), PixDim: [8]float64{1, a, d, e},
				SRow: [3][4]float64{{a, b, 0, origin}, {c, d, 0, origin}, {0, 0, e, origin}}, XYZTUnits: int32(flags >> 4 & 3)}
		}
		opt := GridOptions{IgnoreGeometry: flags&16 != 0, Axis: int(flags>>5)%4 - 1}
		if slice >= -2 {
			opt.Slices = []int{int(slice)}
		}
		if flags&32 != 0 {
			image.Geom, mask.Geom = mask.Geom, image.Geom
		}
		got, _, err := OntoGrid(image, mask, opt)
		if err != nil {
			return
		}
		require.Equal(t, image.Dim, got.Dim)
		require.Len(t, got.Data, 60)
		kept := 0
		for _, l := range got.Data {
			if l != 0 {
				kept++
			}
		}
		require.Equal(t, labeled, kept)
	})
}
