package train

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Regions is a Source of unlabeled objects: pieces of other volumes segmented into regions of similar gray values,
// whose borders follow edges. They supply endless shapes with real texture. The same seed gives the same pieces.
type Regions struct {
	Of    Source
	Seed  uint64
	Count int // pieces before they repeat
	Reuse int // consecutive indices that share a piece

	recent recentCases
}

// NewRegions returns count pieces of a source's volumes.
func NewRegions(of Source, seed uint64, count int) *Regions {
	return &Regions{Of: of, Seed: seed, Count: count, Reuse: 12}
}

// regionPieces is how many pieces there are before they repeat.
const regionPieces = 1 << 20

// withRegions mixes regions of a source's own volumes into it, as the recipe asks.
func withRegions(s Source, r Recipe) Source {
	return Mixed{First: s, Second: NewRegions(unmixed(s), r.Seed, regionPieces), Share: r.Regions}
}

// Len implements Source.
func (s *Regions) Len() int { return s.Count * s.Reuse }

// Case implements Source.
func (s *Regions) Case(i int) (*Case, error) {
	n := i / s.Reuse
	return s.recent.get(n, func() (*Case, error) { return s.piece(n) })
}

// fingerprint identifies the regions.
func (s *Regions) fingerprint() string {
	return fmt.Sprintf("regions %d %d %d of %s", s.Seed, s.Count, s.Reuse, Fingerprint(s.Of))
}

// pieceTries bounds the search for a piece with a region worth following.
const pieceTries = 20

// piece makes piece n. If no region worth following is found, as in volumes with few slices, it returns a whole
// volume with its labels.
func (s *Regions) piece(n int) (*Case, error) {
	rng := rand.New(rand.NewPCG(s.Seed, uint64(n)))
	var whole *Case
	for range pieceTries {
		var err error
		if whole, err = s.Of.Case(drawCase(s.Of, rng)); err != nil {
			return nil, err
		}
		c := whole.piece(rng)
		if c.labelRegions(rng); len(c.Objects) > 0 {
			c.Name = fmt.Sprintf("%s, regions %d", whole.Name, n)
			return c, c.Check()
		}
	}
	return whole, nil
}

// Largest size of a piece, in pixels and slices.
const (
	pieceSide   = 160
	pieceSlices = 40
)

// piece cuts out a random part of a case, without labels.
func (c *Case) piece(rng *rand.Rand) *Case {
	part := func(n, most int) (from, size int) {
		size = min(n, most)
		return rng.IntN(n - size + 1), size
	}
	y, h := part(c.H, pieceSide)
	x, w := part(c.W, pieceSide)
	z, d := part(c.Len(), pieceSlices)
	region := volume.Crop{Y0: y, X0: x, Y1: y + h, X1: x + w}
	out := &Case{H: h, W: w, Spacing: c.Spacing, window: c.window, nominal: c.nominal,
		intensity: func(i int) []float32 { return volume.Cut(c.Intensity(z+i), c.W, region) }}
	for i := range d {
		out.Images = append(out.Images, volume.Cut(c.Images[z+i], c.W, region))
		out.Labels = append(out.Labels, make([]uint8, h*w))
	}
	return out
}

// Settings of labelRegions.
const (
	cellLeast, cellMost = 300, 6000 // range of the mean voxels per cell
	regionMost          = 40000     // most voxels in a region
	regionSlices        = 5         // least number of slices
	regionArea          = 40        // least area on its largest slice, in pixels
	regionObjects       = 12        // most objects in a piece
	mergeLeast          = 4.0       // range of the threshold: neighbors are merged if their mean gray values differ by less
	mergeMost           = 16.0
	contrastLeast       = 12.0 // least difference in mean gray value between a tracked region and its neighbors
)

// labelRegions divides a piece into cells around random voxels, merges cells of similar gray values, and labels
// regions that stand out, lie within the slices, and span several of them.
func (c *Case) labelRegions(rng *rand.Rand) {
	voxels := c.H * c.W * c.Len()
	size := math.Exp(math.Log(cellLeast) + rng.Float64()*math.Log(float64(cellMost)/cellLeast))
	g := newCells(c, max(int(float64(voxels)/size), 2), rng)
	g.join(mergeLeast + rng.Float64()*(mergeMost-mergeLeast))
	chosen := g.trackable()
	rng.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	index := map[int32]uint8{}
	for _, r := range chosen[:min(len(chosen), regionObjects)] {
		c.Objects = append(c.Objects, int32(len(c.Objects)+1))
		index[r] = uint8(len(c.Objects))
	}
	n := c.H * c.W
	for i, cell := range g.of {
		c.Labels[i/n][i%n] = index[g.root(cell)]
	}
}

// cells is a volume divided into cells: every voxel belongs to the seed nearest along paths that avoid edges. Cells
// are merged into regions by union-find.
type cells struct {
	c      *Case
	of     []int32          // cell of each voxel
	parent []int32          // of each cell; a region's root is its own parent
	count  []int            // voxels, of the whole region for roots
	sum    []float64        // of gray values, likewise
	shared map[[2]int32]int // number of voxel faces shared by two cells
}

// newCells grows n cells from random voxels.
func newCells(c *Case, n int, rng *rand.Rand) *cells {
	g := &cells{c: c, of: grow(c, n, rng), parent: make([]int32, n), count: make([]int, n), sum: make([]float64, n), shared: map[[2]int32]int{}}
	for i := range g.parent {
		g.parent[i] = int32(i)
	}
	area := c.H * c.W
	for i, cell := range g.of {
		g.count[cell]++
		g.sum[cell] += float64(c.Images[i/area][i%area])
		x, y, z := i%c.W, i%area/c.W, i/area
		if x+1 < c.W {
			g.border(cell, g.of[i+1])
		}
		if y+1 < c.H {
			g.border(cell, g.of[i+c.W])
		}
		if z+1 < c.Len() {
			g.border(cell, g.of[i+area])
		}
	}
	return g
}

// border counts a voxel face shared by two cells.
func (g *cells) border(a, b int32) {
	if a != b {
		g.shared[[2]int32{min(a, b), max(a, b)}]++
	}
}

// root returns the root of a cell's region.
func (g *cells) root(cell int32) int32 {
	for g.parent[cell] != cell {
		g.parent[cell] = g.parent[g.parent[cell]]
		cell = g.parent[cell]
	}
	return cell
}

// mean is the mean gray value of a cell or, given its root, of a region.
func (g *cells) mean(cell int32) float64 { return g.sum[cell] / float64(max(g.count[cell], 1)) }

// join merges neighbors whose mean gray values differ by less than most, the most similar first.
func (g *cells) join(most float64) {
	type pair struct {
		a, b int32
		by   float64
	}
	var pairs []pair
	for p := range g.shared {
		pairs = append(pairs, pair{p[0], p[1], math.Abs(g.mean(p[0]) - g.mean(p[1]))})
	}
	slices.SortFunc(pairs, func(p, q pair) int {
		return cmp.Or(cmp.Compare(p.by, q.by), cmp.Compare(p.a, q.a), cmp.Compare(p.b, q.b))
	})
	for _, p := range pairs {
		a, b := g.root(p.a), g.root(p.b)
		if a == b || math.Abs(g.mean(a)-g.mean(b)) > most || g.count[a]+g.count[b] > regionMost {
			continue
		}
		g.parent[b] = a
		g.count[a] += g.count[b]
		g.sum[a] += g.sum[b]
	}
}

// trackable lists the regions suitable for tracking, ordered by their roots.
func (g *cells) trackable() []int32 {
	c := g.c
	area := c.H * c.W
	onSlice := map[int32][]int{} // area by slice
	cut := map[int32]bool{}      // touches the border of the slices
	for i, cell := range g.of {
		r, x, y, z := g.root(cell), i%c.W, i%area/c.W, i/area
		if onSlice[r] == nil {
			onSlice[r] = make([]int, c.Len())
		}
		onSlice[r][z]++
		cut[r] = cut[r] || x == 0 || y == 0 || x == c.W-1 || y == c.H-1
	}
	contrast := g.contrast()
	var out []int32
	for r, areas := range onSlice {
		held := 0
		for _, a := range areas {
			if a > 0 {
				held++
			}
		}
		if !cut[r] && held >= regionSlices && slices.Max(areas) >= regionArea && contrast[r] >= contrastLeast {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}

// contrast is how much a region's mean gray value differs from its neighbors', weighted by the shared area.
func (g *cells) contrast() map[int32]float64 {
	sum, n := map[int32]float64{}, map[int32]float64{}
	for p, touching := range g.shared {
		a, b := g.root(p[0]), g.root(p[1])
		if a == b {
			continue
		}
		by := math.Abs(g.mean(a)-g.mean(b)) * float64(touching)
		for _, r := range []int32{a, b} {
			sum[r], n[r] = sum[r]+by, n[r]+float64(touching)
		}
	}
	for r := range sum {
		sum[r] /= n[r]
	}
	return sum
}
