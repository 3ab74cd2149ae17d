package volume

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// openDICOM opens the files of one series as a volume: slices sorted along their normal.
func openDICOM(paths []string) (*source, error) {
	var stack []*dicomSlice
	for _, path := range paths {
		s, err := readDICOMSlice(path)
		if errors.Is(err, errNoImage) && len(paths) > 1 {
			continue // structure sets and reports may lie beside the images
		}
		if err != nil {
			return nil, fmt.Errorf("DICOM: %s: %w", filepath.Base(path), err)
		}
		stack = append(stack, s)
	}
	if len(stack) == 0 {
		return nil, errors.New("DICOM: none of the files holds an image")
	}
	if err := checkOneSeries(stack); err != nil {
		return nil, fmt.Errorf("DICOM: %w", err)
	}
	step, err := sortSlices(stack)
	if err != nil {
		return nil, fmt.Errorf("DICOM: %w", err)
	}
	first := stack[0]
	src := &source{dim: [3]int{first.cols, first.rows, len(stack)}, format: "dicom", modality: first.modality}
	n, err := checkDim(src.dim)
	if err != nil {
		return nil, fmt.Errorf("DICOM: %w", err)
	}
	a := affineFromColumns(scale(first.right, first.spacing[0]), scale(first.down, first.spacing[1]), step, first.position).swapLPS()
	src.geom = GeometryFromAffine(src.dim, a)
	src.geom.Nominal = !first.placed
	src.proven = min(n, 1<<24) // appended to slice by slice; each file is checked against its own size
	src.voxels = func(emit func([]float64) error) error {
		for _, s := range stack {
			values, err := s.decode()
			if err != nil {
				return fmt.Errorf("DICOM: %w", err)
			}
			if err := emit(values); err != nil {
				return err
			}
		}
		return nil
	}
	return src, nil
}

// checkOneSeries refuses a folder with several series, or with slices of several sizes, spacings or
// orientations, and lists what it found.
func checkOneSeries(stack []*dicomSlice) error {
	if found := variants(stack, func(s *dicomSlice) string {
		return fmt.Sprintf("series %s %q %s %dx%d", s.series, s.name, s.modality, s.cols, s.rows)
	}); found != "" {
		return fmt.Errorf("the folder mixes several series or image sizes; put one series into a folder of its own: %s", found)
	}
	if found := variants(stack, func(s *dicomSlice) string {
		return fmt.Sprintf("pixel spacing %.4g x %.4g mm", s.spacing[0], s.spacing[1])
	}); found != "" {
		return fmt.Errorf("the slices have different pixel spacings: %s", found)
	}
	if found := variants(stack, func(s *dicomSlice) string { return fmt.Sprintf("has a position: %t", s.placed) }); found != "" {
		return fmt.Errorf("some slices say where they lie and some do not: %s", found)
	}
	for _, s := range stack[1:] {
		const turn = 1e-3 // of a unit vector; scanners repeat directions to 6 digits
		if norm(sub(s.right, stack[0].right)) > turn || norm(sub(s.down, stack[0].down)) > turn {
			return fmt.Errorf("slices %s and %s have different orientations: the folder mixes stacks (localiser, radial or oblique); put one stack into a folder of its own",
				filepath.Base(stack[0].path), filepath.Base(s.path))
		}
	}
	return nil
}

// variants groups the slices by what key says of them and lists the groups; "" if there is only one.
func variants(stack []*dicomSlice, key func(*dicomSlice) string) string {
	groups := map[string][]string{}
	for _, s := range stack {
		groups[key(s)] = append(groups[key(s)], filepath.Base(s.path))
	}
	if len(groups) < 2 {
		return ""
	}
	var lines []string
	for k, files := range groups {
		lines = append(lines, fmt.Sprintf("%s: %d files (%s ...)", k, len(files), files[0]))
	}
	sort.Strings(lines)
	const most = 10
	if len(lines) > most {
		lines = append(lines[:most], fmt.Sprintf("and %d more", len(lines)-most))
	}
	return strings.Join(lines, "; ")
}

// Limits on the regularity of slice positions, as fractions of the median step: two slices closer than
// the first are duplicates; a step that differs by more than the second is a gap.
const (
	duplicateStep = 0.01
	gapStep       = 0.05
)

// sortSlices sorts by position along the normal (by instance number where no file has a position) and
// returns the step from slice to slice in LPS mm.
func sortSlices(stack []*dicomSlice) ([3]float64, error) {
	first := stack[0]
	if !first.placed {
		sort.SliceStable(stack, func(i, j int) bool { return stack[i].number < stack[j].number })
		for _, s := range stack {
			s.right, s.down = [3]float64{1, 0, 0}, [3]float64{0, 1, 0}
		}
		return [3]float64{0, 0, depthOr1(first.thickness)}, nil
	}
	n := first.normal()
	n = scale(n, 1/norm(n))
	sort.SliceStable(stack, func(i, j int) bool { return dot(stack[i].position, n) < dot(stack[j].position, n) })
	if len(stack) == 1 {
		return scale(n, depthOr1(first.thickness)), nil
	}
	gaps := make([]float64, len(stack)-1)
	for i := range gaps {
		gaps[i] = dot(sub(stack[i+1].position, stack[i].position), n)
	}
	if err := checkGaps(stack, gaps); err != nil {
		return [3]float64{}, err
	}
	last := stack[len(stack)-1]
	step := scale(sub(last.position, stack[0].position), 1/float64(len(gaps)))
	for i, s := range stack { // positions must lie on one line, straight or (tilted gantry) slanted
		p := stack[0].position
		for r := range 3 {
			p[r] += float64(i) * step[r]
		}
		if off := norm(sub(s.position, p)); off > max(0.5*norm(step), first.spacing[0]) {
			return step, fmt.Errorf("slice %s lies %.3g mm off the line through the first and last slice: the folder mixes stacks", filepath.Base(s.path), off)
		}
	}
	return step, nil
}

func depthOr1(thickness float64) float64 {
	if thickness > 0 {
		return thickness
	}
	return 1
}

// checkGaps reports duplicate positions and missing slices.
func checkGaps(stack []*dicomSlice, gaps []float64) error {
	sorted := slices.Clone(gaps)
	sort.Float64s(sorted)
	median := sorted[len(sorted)/2]
	var duplicates, missing []string
	for i, gap := range gaps {
		a, b := filepath.Base(stack[i].path), filepath.Base(stack[i+1].path)
		switch {
		case gap <= duplicateStep*median:
			duplicates = append(duplicates, a+" and "+b)
		case math.Abs(gap-median) > gapStep*median:
			missing = append(missing, fmt.Sprintf("%.4g mm between %s and %s", gap, a, b))
		}
	}
	if len(duplicates) > 0 {
		return fmt.Errorf("%d slices lie at the same position as another (%s): remove copies, or put each time point or echo into a folder of its own",
			len(duplicates), strings.Join(duplicates[:min(len(duplicates), 3)], ", "))
	}
	if len(missing) > 0 {
		return fmt.Errorf("the slices are not evenly spaced: the usual step is %.4g mm, but %s: slices are missing, or the spacing varies (dcm2niix can resample)",
			median, strings.Join(missing[:min(len(missing), 3)], ", "))
	}
	return nil
}
