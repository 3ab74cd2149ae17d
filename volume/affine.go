package volume

import "math"

// column returns the step along a voxel axis (j = 0 to 2) or the origin (j = 3).
func (a Affine) column(j int) [3]float64 { return [3]float64{a[0][j], a[1][j], a[2][j]} }

// apply maps a voxel index to a position in mm.
func (a Affine) apply(p [3]float64) [3]float64 {
	var q [3]float64
	for r := range 3 {
		q[r] = a[r][0]*p[0] + a[r][1]*p[1] + a[r][2]*p[2] + a[r][3]
	}
	return q
}

// finite reports whether all entries are finite.
func (a Affine) finite() bool {
	for _, row := range a {
		for _, x := range row {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return false
			}
		}
	}
	return true
}

// scaled returns the map with all positions multiplied by f.
func (a Affine) scaled(f float64) Affine {
	for r := range 3 {
		for c := range 4 {
			a[r][c] *= f
		}
	}
	return a
}

// swapLPS converts between maps to LPS and to RAS positions: the first two world axes change sign.
func (a Affine) swapLPS() Affine {
	for c := range 4 {
		a[0][c], a[1][c] = 0-a[0][c], 0-a[1][c] // avoids -0
	}
	return a
}

// affineFromColumns returns the map with the given steps along the three axes and origin.
func affineFromColumns(x, y, z, origin [3]float64) Affine {
	var a Affine
	for r := range 3 {
		a[r] = [4]float64{x[r], y[r], z[r], origin[r]}
	}
	a[3][3] = 1
	return a
}

func norm(v [3]float64) float64      { return math.Sqrt(dot(v, v)) }
func dot(a, b [3]float64) float64    { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
func add(a, b [3]float64) [3]float64 { return [3]float64{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }
func sub(a, b [3]float64) [3]float64 { return [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }
func scale(a [3]float64, f float64) [3]float64 {
	return [3]float64{a[0] * f, a[1] * f, a[2] * f}
}
func cross(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

// times returns the map that applies b and then a.
func (a Affine) times(b Affine) (c Affine) {
	for r := range 4 {
		for s := range 4 {
			for k := range 4 {
				c[r][s] += a[r][k] * b[k][s]
			}
		}
	}
	return c
}

// inverse returns the inverse map; false if the map is singular to the precision of float64.
func (a Affine) inverse() (inv Affine, ok bool) {
	x, y, z := a.column(0), a.column(1), a.column(2)
	det := dot(x, cross(y, z))
	if !a.finite() || !(math.Abs(det) > 1e-12*norm(x)*norm(y)*norm(z)) {
		return inv, false
	}
	rows := [3][3]float64{scale(cross(y, z), 1/det), scale(cross(z, x), 1/det), scale(cross(x, y), 1/det)}
	origin := a.column(3)
	for r, row := range rows {
		inv[r] = [4]float64{row[0], row[1], row[2], -dot(row, origin)}
	}
	inv[3][3] = 1
	return inv, true
}
