package slmsam_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/stretchr/testify/require"
)

// points reads the recorded points of every item in a batch.
func points(f *golden.File, coords, labels string) [][]decoder.Point {
	xy, shape := f.Data(coords)
	label, _ := f.Data(labels)
	out := make([][]decoder.Point, shape[0])
	for i := range label {
		p := decoder.Point{X: float64(xy[2*i]), Y: float64(xy[2*i+1]), Label: decoder.Label(label[i])}
		out[i/shape[1]] = append(out[i/shape[1]], p)
	}
	return out
}

// sparse compares the embeddings of points, item by item. pad adds the padding point that SAM 2 adds without a box.
func (c checker) sparse(name string, e *decoder.PromptEncoder, items [][]decoder.Point, pad bool) {
	c.t.Helper()
	var got []float32
	for _, ps := range items {
		x, err := e.Points(c.g, ps, pad)
		require.NoError(c.t, err)
		got = append(got, c.read(x)...)
	}
	want, _ := c.f.Data(name)
	golden.Close(c.t, name, want, got, c.tol)
}

// TestPromptEncoder compares the embeddings of points, boxes and masks, and of no prompt at all.
func TestPromptEncoder(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		f := s.File(t, "modules", "prompt_encoder.safetensors")
		c, e := checker{t, g, f, golden.Module}, m.Heads.Prompt
		grid := m.Config.Grid()
		pe, err := e.Grid(g, grid)
		require.NoError(t, err)
		c.image("dense_pe", pe.Reshape(1, grid, grid, -1))
		compared := 0
		for key := range f.Tensors {
			if name, ok := strings.CutSuffix(key, ".coords"); ok {
				c.sparse(name+".sparse", e, points(f, key, name+".labels"), true)
				compared++
			}
		}
		require.Positive(t, compared)
		c.sparse("no_prompt.sparse", e, [][]decoder.Point{{{Label: decoder.Padding}}}, true)
		box := f.Tensor("box_arg.boxes").Data
		corners := []decoder.Point{{X: float64(box[0]), Y: float64(box[1]), Label: decoder.BoxTopLeft},
			{X: float64(box[2]), Y: float64(box[3]), Label: decoder.BoxBottomRight}}
		c.sparse("box_arg.sparse", e, [][]decoder.Point{corners}, false)
		mask := e.Mask(g, c.upload(f.Last, "mask.in"))
		c.image("mask.dense", mask.Reshape(mask.Dim(0), grid, grid, -1))
		none, err := g.Read(g.Add(g.Zeros(1, grid, grid, m.Config.Attention.Width), e.NoMask()))
		require.NoError(t, err)
		want, _ := f.Last("no_mask.dense")
		golden.Close(t, "no_mask.dense", want, none, golden.Module)
	})
}

// headFeatures reads the image features that the heads take, for all items.
func headFeatures(c checker) decoder.Features {
	image := c.upload(c.f.Last, "in.features")
	return decoder.Features{Image: image.Reshape(image.Dim(0), -1, image.Dim(3)),
		S0: c.upload(c.f.Last, "in.high_res_s0"), S1: c.upload(c.f.Last, "in.high_res_s1")}
}

// TestMaskDecoder compares the mask decoder's outputs, its transformer, and the stability scores of single masks.
func TestMaskDecoder(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		f := s.File(t, "modules", "mask_decoder.safetensors")
		c := checker{t, g, f, golden.Module}
		image, dense, pe := c.upload(f.Last, "in.image_embeddings"), c.upload(f.Last, "in.dense"), c.upload(f.Last, "in.image_pe")
		flat := func(x *nn.Tensor) *nn.Tensor { return x.Reshape(x.Dim(0), -1, x.Dim(3)) }
		in := decoder.Input{Image: flat(g.Add(image, dense)), Positions: flat(pe), Sparse: c.upload(f.Data, "in.sparse"),
			S0: c.upload(f.Last, "in.high_res_s0"), S1: c.upload(f.Last, "in.high_res_s1")}
		p := m.Heads.Mask.Forward(g, in)
		c.same("all_masks", p.Masks)
		c.same("all_ious", p.IoU)
		c.same("object_score_logits", p.Score)
		c.same("mask_tokens_out", p.Tokens)
		_, keys := transform(g, m.Heads.Mask.Transformer, c.tokens(m, in), in)
		c.same("transformer.layer1.keys", keys)

		scores := f.Tensor("crafted.scores").Data
		masks, shape := f.Data("crafted.masks")
		pixels := shape[2] * shape[3]
		for i, want := range scores {
			single := masks[i*shape[1]*pixels:][:pixels]
			require.InDelta(t, float64(want), decoder.Stability(single), 1e-6, "stability of crafted mask %d", i)
		}
	})
}

// transform runs the transformer.
func transform(g *nn.Graph, t *decoder.Transformer, tokens *nn.Tensor, in decoder.Input) (queries, keys *nn.Tensor) {
	return t.Forward(g, tokens, t.First(g, tokens), in.Image, in.Positions)
}

// tokens puts the decoder's own tokens before the prompt's.
func (c checker) tokens(m *slmsam.Model, in decoder.Input) *nn.Tensor {
	named := map[string]*nn.Tensor{}
	for _, p := range m.Params.All() {
		named[p.Name] = p.Tensor
	}
	own := c.g.Concat(0, named["sam_mask_decoder.obj_score_token.weight"], named["sam_mask_decoder.iou_token.weight"],
		named["sam_mask_decoder.mask_tokens.weight"])
	return c.g.Concat(1, c.g.Expand(own.Reshape(1, own.Dim(0), own.Dim(1)), 0, in.Sparse.Dim(0)), in.Sparse)
}

// TestHeads compares what the heads return for different kinds of prompts.
func TestHeads(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		f := s.File(t, "modules", "sam_heads.safetensors")
		c := checker{t, g, f, golden.Module}
		features := headFeatures(c)
		b := features.Image.Dim(0)
		all := points(f, "in.point_coords", "in.point_labels")
		first := make([][]decoder.Point, b)
		for i := range first {
			first[i] = all[i][:1]
		}
		repeat := func(name string) *nn.Tensor { return g.Expand(c.upload(f.Last, name), 0, b) }
		full := g.Resize(c.upload(f.Last, "in.full_res_mask"), 4*m.Config.Grid(), 4*m.Config.Grid(), nn.BilinearAntialiased)
		for name, p := range map[string]decoder.Prompts{
			"no_prompt_multimask":  {Multi: true},
			"no_prompt_single":     {},
			"one_point_multimask":  {Points: first, Multi: true},
			"three_points_single":  {Points: all},
			"mask_single":          {Mask: repeat("in.mask")},
			"full_res_mask_single": {Mask: g.Expand(full, 0, b)},
		} {
			r, err := m.Heads.Decode(g, features, b, p)
			require.NoError(t, err)
			c.same(name+".low_res_masks", r.LowRes)
			c.same(name+".ious", r.IoUs(g))
			c.same(name+".object_score_logits", r.Scores)
			c.same(name+".obj_ptr", r.Pointer)
			if f.Has(name + ".low_res_multimasks") {
				c.same(name+".low_res_multimasks", r.Candidates(g))
			}
		}
	})
}

// TestMaskAsOutput compares what the heads return where the mask is given.
func TestMaskAsOutput(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		f := s.File(t, "modules", "mask_as_output.safetensors")
		c := checker{t, g, f, golden.Module}
		masks := c.upload(f.Last, "in.mask")
		values, err := g.Read(masks)
		require.NoError(t, err)
		empty := make([]bool, masks.Dim(0))
		for i := range empty {
			sum := float32(0)
			for _, v := range values[i*len(values)/len(empty) : (i+1)*len(values)/len(empty)] {
				sum += v
			}
			empty[i] = sum == 0
		}
		r, err := m.Heads.MaskAsOutput(g, headFeatures(c), masks, empty)
		require.NoError(t, err)
		c.same("low_res_masks", r.LowRes)
		c.same("ious", r.IoUs(g))
		c.same("object_score_logits", r.Scores)
		c.same("obj_ptr", r.Pointer)
	})
}

// TestObjectPointers compares the position encoding of object pointers for different numbers of frames.
func TestObjectPointers(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		f := s.File(t, "modules", "object_pointers.safetensors")
		c := checker{t, g, f, golden.Module}
		compared := 0
		for key, pos := range f.Tensors {
			number, ok := strings.CutSuffix(strings.TrimPrefix(key, "frames"), ".pos")
			if !ok {
				continue
			}
			frames, err := strconv.Atoi(number)
			require.NoError(t, err)
			span := min(frames, 16) - 1
			var sines []float32
			width := m.Config.Attention.Width
			for _, at := range pos.Ints {
				sines = append(sines, nn.SineDistance(float64(at)/math.Max(float64(span), 1), width)...)
			}
			name := fmt.Sprintf("frames%d.", frames)
			want, _ := f.Data(name + "sine")
			golden.Close(t, name+"sine", want, sines, golden.Module)
			c.same(name+"projected", m.Place.Pointer.Forward(g, g.Upload(sines, len(pos.Ints), width)))
			compared++
		}
		require.Positive(t, compared)
	})
}

// TestResize compares bilinear resizing of masks and bicubic resizing of position embeddings.
func TestResize(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		f := s.File(t, "modules", "resize.safetensors")
		c := checker{t, g, f, golden.Tolerance{Abs: 1e-4}}
		low, compared := c.upload(f.Last, "low"), 0
		for key := range f.Tensors {
			var h, w int
			if n, _ := fmt.Sscanf(key, "low_to_%dx%d.bilinear", &h, &w); n == 2 {
				c.image(key, g.Resize(low, h, w, nn.Bilinear))
				compared++
			}
		}
		require.Positive(t, compared)
		trunk := m.Trunk
		grid := f.Tensor("pos_embed.bicubic").Shape
		c.image("pos_embed.bicubic", g.Resize(trunk.Background, grid[2], grid[3], nn.Bicubic))
	})
}

// TestFillHoles compares masks whose holes of up to 8 pixels are filled. The values must be identical.
func TestFillHoles(t *testing.T) {
	for _, s := range golden.SetsWith(t, "modules", "fill_holes.safetensors") {
		f := s.File(t, "modules", "fill_holes.safetensors")
		in, shape := f.Data("in")
		want, _ := f.Data("out")
		h, w := shape[2], shape[3]
		got := append([]float32(nil), in...)
		for i := 0; i < shape[0]; i++ {
			slmsam.FillHoles(got[i*h*w:(i+1)*h*w], h, w, 8)
		}
		golden.Close(t, s.Name, want, got, golden.Tolerance{})
	}
}
