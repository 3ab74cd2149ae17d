package slmsam_test

import (
	"fmt"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/stretchr/testify/require"
)

// parity runs a test on every fixture set and every device, with the set's model.
func parity(t *testing.T, test func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph)) {
	t.Helper()
	for _, s := range golden.Sets(t) {
		if s.Has("outputs.safetensors") {
			continue // TestFullSize covers it
		}
		t.Run(s.Name, func(t *testing.T) {
			golden.OnDevices(t, func(t *testing.T, dev backend.Device) {
				m := s.Model(t, dev)
				test(t, s, m, nn.NewGraph(dev))
			})
		})
	}
}

// checker compares tensors on the device with those of a file.
type checker struct {
	t   *testing.T
	g   *nn.Graph
	f   *golden.File
	tol golden.Tolerance
}

func (c checker) read(x *nn.Tensor) []float32 {
	c.t.Helper()
	v, err := c.g.Read(x)
	require.NoError(c.t, err)
	return v
}

// image compares [B,H,W,C] with a stored [B,C,H,W].
func (c checker) image(name string, x *nn.Tensor) {
	c.t.Helper()
	want, _ := c.f.Last(name)
	golden.Close(c.t, name, want, c.read(x), c.tol)
}

// same compares values that are stored in our own layout.
func (c checker) same(name string, x *nn.Tensor) {
	c.t.Helper()
	want, _ := c.f.Data(name)
	golden.Close(c.t, name, want, c.read(x), c.tol)
}

// sequence compares [B,N,C] with a stored [N,B,C].
func (c checker) sequence(name string, x *nn.Tensor) {
	c.t.Helper()
	want, _ := c.f.BatchFirst(name)
	golden.Close(c.t, name, want, c.read(x), c.tol)
}

// upload puts a stored tensor on the device. load gives the layout: File.Last, File.Data or File.BatchFirst.
func (c checker) upload(load func(string) ([]float32, []int), name string) *nn.Tensor {
	v, s := load(name)
	return c.g.Upload(v, s...)
}

// TestImageEncoder compares the trunk block by block, and the neck.
func TestImageEncoder(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		f := s.File(t, "modules", "image_encoder.safetensors")
		c := checker{t, g, f, golden.Module}
		u8, shape := f.Last("image_u8")
		for i := range u8 {
			u8[i] = (u8[i] - 128) / 32
		}
		image := g.Upload(u8, shape...)

		x := m.Trunk.PatchEmbed.Forward(g, image)
		c.same("patch_embed", x)
		pos := m.Trunk.Positions(g, x.Dim(1), x.Dim(2))
		c.same("pos_embed", pos)
		x = g.Add(x, pos)
		for i, b := range m.Trunk.Blocks {
			x = b.Forward(g, x)
			c.same(fmt.Sprintf("block%d", i), x)
		}
		stages := m.Trunk.Forward(g, image)
		top := m.Neck.Top(g, stages)
		c.image("fpn2", top)
		c.image("fpn3", m.Neck.Lateral[3].Forward(g, stages[3]))
		c.image("fpn1", m.Neck.Lateral[1].Forward(g, stages[1]))
		im := m.Encode(g, image)
		c.image("high_res_s0", im.S0)
		c.image("high_res_s1", im.S1)
		golden.Close(t, "Encode.Top", c.read(top), c.read(im.Top), golden.Tolerance{})
		c.image("pos2", g.SineGrid(top.Dim(1), top.Dim(3)).Reshape(1, top.Dim(1), top.Dim(1), top.Dim(3)))
	})
}

// TestMemoryAttention compares both attentions over recorded memories.
func TestMemoryAttention(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		f := s.File(t, "modules", "memory_attention.safetensors")
		c := checker{t, g, f, golden.Module}
		curr, pos := c.upload(f.BatchFirst, "curr"), c.upload(f.BatchFirst, "curr_pos")
		for name, a := range map[string]*memattn.Attention{"long": m.Long, "short": m.Short} {
			tokens := memattn.Tokens{Memory: c.upload(f.BatchFirst, name+".memory"), Positions: c.upload(f.BatchFirst, name+".memory_pos"),
				Pointers: int(f.Tensor(name + ".num_obj_ptr_tokens").Ints[0])}
			c.sequence(name+".out", a.Forward(g, curr, pos, tokens))
		}
	})
}

// TestFuser compares the fuser of both attentions, and its first block step by step.
func TestFuser(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		f := s.File(t, "modules", "fuser.safetensors")
		c := checker{t, g, f, golden.Module}
		short, long := c.upload(f.Last, "short"), c.upload(f.Last, "long")
		c.image("sum", g.Add(short, long))
		b := m.Fuser.Blocks[0]
		dw := b.Depthwise.Forward(g, g.Add(short, long))
		c.image("layer0.dwconv", dw)
		c.image("layer0.norm", b.Norm.Forward(g, dw))
		c.image("layer0", b.Forward(g, g.Add(short, long)))
		c.image("out", m.Fuser.Fuse(g, short, long))
	})
}

// TestMemoryEncoder compares the memory made of a mask, for predicted masks and for prompts.
func TestMemoryEncoder(t *testing.T) {
	parity(t, func(t *testing.T, s golden.Set, m *slmsam.Model, g *nn.Graph) {
		f := s.File(t, "modules", "memory_encoder.safetensors")
		c := checker{t, g, f, golden.Module}
		features := c.upload(f.Last, "in.features")
		projected := m.Memory.Project(g, features)
		c.image("pix_feat_proj", projected)
		low, score := c.upload(f.Data, "in.low_res_logits"), f.Tensor("in.object_score_logits").Data
		im := slmsam.Image{Top: features, Projected: projected}
		for name, binarize := range map[string]bool{"maskmem_features": false, "maskmem_features_binarized": true} {
			got := m.Remember(g, im, low, g.Upload(score, len(score), 1), binarize)
			_, shape := f.Last(name)
			c.image(name, got.Reshape(shape...))
		}
		b, side := low.Dim(0), low.Dim(2)
		logits := g.Resize(low.Reshape(b, side, side, 1), m.Config.ImageSize, m.Config.ImageSize, nn.Bilinear)
		c.image("mask_downsampler", m.Memory.Mask.Forward(g, g.Affine(g.Sigmoid(logits), 20, -10)))
	})
}
