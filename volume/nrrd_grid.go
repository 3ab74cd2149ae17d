package volume

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sizes returns the three spatial sizes and which of the file's axes they are: with more than three
// axes all others must have size 1.
func (h *nrrdHeader) sizes() (dim [3]int, keep []int, err error) {
	words := strings.Fields(h.fields["sizes"])
	n, err := strconv.Atoi(h.fields["dimension"])
	if err != nil || n < 2 || n > 16 || len(words) != n {
		return dim, nil, fmt.Errorf("dimension %q with sizes %.60q: want 3 axes", h.fields["dimension"], h.fields["sizes"])
	}
	directions := splitVectors(h.fields["space directions"])
	for axis, word := range words {
		size, err := strconv.Atoi(word)
		if err != nil || size <= 0 {
			return dim, nil, fmt.Errorf("size %q of axis %d: sizes must be positive whole numbers", word, axis)
		}
		spatial := n <= 3 || (len(directions) == n && directions[axis] != "none") || (len(directions) != n && axis < 3)
		switch {
		case spatial && len(keep) < 3:
			dim[len(keep)] = size
			keep = append(keep, axis)
		case size != 1:
			return dim, nil, fmt.Errorf("sizes %s: more than one value per voxel (colour, vectors or several volumes): extract one first", strings.Join(words, " "))
		}
	}
	for len(keep) < 3 {
		dim[len(keep)] = 1
		keep = append(keep, -1)
	}
	return dim, keep, nil
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

// geometry reads space directions and origin, or the spacings of a file without orientation, which is
// then taken as LPS with its first voxel at the origin, as ITK does.
func (h *nrrdHeader) geometry(dim [3]int, keep []int) (Geometry, error) {
	columns := [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	var origin [3]float64
	var err error
	directions := splitVectors(h.fields["space directions"])
	spacings := strings.Fields(h.fields["spacings"])
	for i, axis := range keep {
		switch {
		case axis >= 0 && axis < len(directions):
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
	return GeometryFromAffine(dim, a), nil
}

// spaceSigns are the signs that bring the header's world axes to right, anterior, superior.
func (h *nrrdHeader) spaceSigns() ([3]float64, error) {
	switch space := strings.ToLower(h.fields["space"]); space {
	case "right-anterior-superior", "ras":
		return [3]float64{1, 1, 1}, nil
	case "left-anterior-superior", "las":
		return [3]float64{-1, 1, 1}, nil
	case "left-posterior-superior", "lps", "", "scanner-xyz", "3d-right-handed":
		return [3]float64{-1, -1, 1}, nil
	default:
		return [3]float64{}, fmt.Errorf("space %q is not supported: want right-anterior-superior, left-anterior-superior or left-posterior-superior", space)
	}
}
