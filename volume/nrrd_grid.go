package volume

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// nrrdAxes says which of a file's axes are spatial.
type nrrdAxes struct {
	dim    [3]int
	keep   [3]int // the file's spatial axes; -1 for one that it lacks
	layers int    // number of layers of a segmentation; 1 for other files
	inner  int    // stride of the axis of layers: the product of the sizes of the axes before it
}

// axes finds the spatial axes. All others must have size 1, except for the layers of a segmentation.
func (h *nrrdHeader) axes() (nrrdAxes, error) {
	a := nrrdAxes{dim: [3]int{1, 1, 1}, keep: [3]int{-1, -1, -1}, layers: 1, inner: 1}
	words := strings.Fields(h.fields["sizes"])
	n, err := strconv.Atoi(h.fields["dimension"])
	if err != nil || n < 1 || n > 16 || len(words) != n {
		return a, fmt.Errorf("dimension %q with sizes %.60q: want 3 axes", h.fields["dimension"], h.fields["sizes"])
	}
	found, before := 0, 1
	for axis, word := range words {
		size, err := strconv.Atoi(word)
		if err != nil || size <= 0 {
			return a, fmt.Errorf("size %q of axis %d: sizes must be positive whole numbers", word, axis)
		}
		if size > maxVoxels {
			return a, fmt.Errorf("sizes %s: more than the %d voxels that a volume may have (corrupt header?)", strings.Join(words, " "), maxVoxels)
		}
		switch {
		case h.spatial(axis, n) && found < 3:
			a.dim[found], a.keep[found] = size, axis
			found++
		case size == 1:
		case a.layers == 1 && h.keys["Segment0_ID"] != "" && size <= maxLayers:
			a.layers, a.inner = size, before
		default:
			return a, fmt.Errorf("sizes %s: more than one value per voxel (color, vectors or several volumes): extract one first", strings.Join(words, " "))
		}
		before = min(before*size, maxVoxels) // checked against maxVoxels later
	}
	return a, nil
}

// maxLayers bounds the number of layers of a segmentation. Each layer holds segments that do not overlap.
const maxLayers = 1 << 16

// spatial reports whether an axis is spatial, according to its direction or kind. If the header states neither, the first three
// axes are.
func (h *nrrdHeader) spatial(axis, axes int) bool {
	if axes <= 3 {
		return true
	}
	if directions := splitVectors(h.fields["space directions"]); len(directions) == axes {
		return !isNone(directions[axis])
	}
	if kinds := strings.Fields(strings.ToLower(h.fields["kinds"])); len(kinds) == axes {
		return kinds[axis] == "domain" || kinds[axis] == "space"
	}
	return axis < 3
}

// isNone reports whether a direction is "none" or consists of NaN, which means the same.
func isNone(direction string) bool {
	d := strings.ToLower(direction)
	return d == "none" || strings.Contains(d, "nan")
}

// splitVectors splits "(1,0,0) none (0,1,0)" into its parts; spaces inside parentheses do not count.
func splitVectors(s string) []string {
	var parts []string
	depth, start := 0, -1
	for i, r := range s + " " {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		}
		if blank := r == ' ' || r == '\t'; blank && depth <= 0 {
			if start >= 0 {
				parts = append(parts, s[start:i])
			}
			start = -1
		} else if start < 0 {
			start = i
		}
	}
	return parts
}

// parseVector reads "(x,y,z)".
func parseVector(s string) ([3]float64, error) {
	var v [3]float64
	body, ok := strings.CutPrefix(strings.TrimSpace(s), "(")
	body, ok2 := strings.CutSuffix(body, ")")
	words := strings.Split(body, ",")
	if !ok || !ok2 || len(words) != 3 {
		return v, fmt.Errorf("%.60q is not a vector of three numbers", s)
	}
	for i, word := range words {
		x, err := strconv.ParseFloat(strings.TrimSpace(word), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return v, fmt.Errorf("%.60q is not a vector of three finite numbers", s)
		}
		v[i] = x
	}
	return v, nil
}

// geometry reads space directions and origin, or the spacings of a file without orientation. As in ITK, the latter
// is LPS with its first voxel at the origin.
func (h *nrrdHeader) geometry(axes nrrdAxes) (Geometry, error) {
	columns := [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	var origin [3]float64
	var err error
	directions := splitVectors(h.fields["space directions"])
	spacings := strings.Fields(h.fields["spacings"])
	for i, axis := range axes.keep {
		switch {
		case axis >= 0 && axis < len(directions) && !isNone(directions[axis]):
			if columns[i], err = parseVector(directions[axis]); err != nil {
				return Geometry{}, fmt.Errorf("space directions: %w", err)
			}
			if norm(columns[i]) == 0 {
				return Geometry{}, fmt.Errorf("space directions: the vector of axis %d is zero", axis)
			}
		case axis >= 0 && axis < len(spacings):
			x, err := strconv.ParseFloat(spacings[axis], 64)
			if err != nil || math.IsInf(x, 0) {
				return Geometry{}, fmt.Errorf("spacings: %.20q is not a finite number", spacings[axis])
			}
			if !math.IsNaN(x) && x != 0 { // NaN: unknown
				columns[i] = scale(columns[i], math.Abs(x))
			}
		}
	}
	if o := h.fields["space origin"]; o != "" {
		if origin, err = parseVector(o); err != nil {
			return Geometry{}, fmt.Errorf("space origin: %w", err)
		}
	}
	flip, err := h.spaceSigns()
	if err != nil {
		return Geometry{}, err
	}
	a := affineFromColumns(columns[0], columns[1], columns[2], origin)
	for r := range 3 {
		for c := range 4 {
			a[r][c] *= flip[r]
		}
	}
	return GeometryFromAffine(axes.dim, a), nil
}

// spaceSigns returns the signs that turn the header's world axes into right, anterior, superior.
func (h *nrrdHeader) spaceSigns() ([3]float64, error) {
	switch space := strings.ToLower(h.fields["space"]); space {
	case "right-anterior-superior", "ras":
		return [3]float64{1, 1, 1}, nil
	case "left-anterior-superior", "las":
		return [3]float64{-1, 1, 1}, nil
	case "left-posterior-superior", "lps", "", "scanner-xyz", "3d-right-handed", "3d-left-handed":
		return [3]float64{-1, -1, 1}, nil
	default:
		return [3]float64{}, fmt.Errorf("space %q is not supported: want right-anterior-superior, left-anterior-superior or left-posterior-superior", space)
	}
}
