package slmsam

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-6f79f512/slmsam/convnext"
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Model is SLM-SAM 2 with its parameters on one device. The fields follow the checkpoint's keys.
type Model struct {
	Config  Config
	Params  *nn.Params
	Weights string // SHA-256 of the tensors it was loaded from; empty for fresh ones

	Trunk  *hiera.Trunk            // image_encoder.trunk
	Neck   *hiera.Neck             // image_encoder.neck
	Heads  *decoder.Heads          // sam_prompt_encoder, sam_mask_decoder, mask_downsample, obj_ptr_proj, no_obj_ptr
	Memory *convnext.MemoryEncoder // memory_encoder
	Place  *memattn.Encoding       // maskmem_tpos_enc, obj_ptr_tpos_proj
	Long   *memattn.Attention      // memory_attention
	Short  *memattn.Attention      // recent_memory_attention
	Fuser  *convnext.Fuser         // recent_memory_fuser

	Features *Features // keeps what the image encoder made of slices; nil: nothing is kept

	// Trace, unless nil, is called at the end of each stage of a tracked slice, for measurements: image_encoder,
	// short_attention, long_attention, fuser, decoder, memory_encoder.
	Trace func(g *nn.Graph, stage string)

	busy     chan struct{} // holds an element while Segment or Prepare compute, see hold
	graph    *nn.Graph     // of Segment: keeps the constants
	noMemory *nn.Tensor    // [1,1,C] no_mem_embed: added to features that attend to nothing
	noObject *nn.Tensor    // [1,M] no_obj_embed_spatial: added to the memory of an absent object
	prior    *priorHeads   // prior; nil unless Config.Prior

	heldInMemory int64 // bytes, see propagation.meet
}

// New declares a model of the given shape on dev. Its parameters hold nothing yet: load or initialize them.
func New(dev backend.Device, c Config) (*Model, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	p := nn.NewParams(dev)
	width, memory := c.Attention.Width, c.Attention.MemoryWidth
	m := &Model{Config: c, Params: p, graph: nn.NewGraph(dev), busy: make(chan struct{}, 1), heldInMemory: heldInMemory}
	m.Place = memattn.NewEncoding(p, c.Attention, c.Frames)
	m.noMemory = p.Tensor("no_mem_embed", nn.Normal(0.02), nil, 1, 1, width)
	p.Tensor("no_mem_pos_enc", nn.Normal(0.02), nil, 1, 1, width) // in every checkpoint, unused by SAM 2.1
	m.noObject = p.Tensor("no_obj_embed_spatial", nn.Normal(0.02), nil, 1, memory)
	p.Tensor("rec_maskmem_tpos_enc", nn.Const(0), nil, c.Frames, 1, 1, memory) // likewise in SLM-SAM 2's
	encoder := p.In("image_encoder")
	m.Trunk = hiera.NewTrunk(encoder.In("trunk"), c.Trunk)
	m.Neck = hiera.NewNeck(encoder.In("neck"), c.Trunk.Channels(), width)
	m.Long = memattn.New(p.In("memory_attention"), c.Attention)
	m.Memory = convnext.NewMemoryEncoder(p.In("memory_encoder"), width, memory, c.FuserBlocks)
	m.Heads = decoder.NewHeads(p, c.ImageSize, width)
	m.Short = memattn.New(p.In("recent_memory_attention"), c.Attention)
	m.Fuser = convnext.NewFuser(p.In("recent_memory_fuser"), c.FuserBlocks, width)
	if c.Prior {
		m.prior = newPriorHeads(p.In("prior"), c)
	}
	return m, nil
}

// CopyTo returns a copy of the model, without its Features and Trace, whose parameters are on dev.
func (m *Model) CopyTo(dev backend.Device) (*Model, error) {
	c, err := New(dev, m.Config)
	if err != nil {
		return nil, err
	}
	c.Weights = m.Weights
	from := m.Params.All()
	for i, p := range c.Params.All() {
		if err := p.Copy(from[i]); err != nil {
			c.Release()
			return nil, fmt.Errorf("slmsam: copy a model: %w", err)
		}
	}
	return c, nil
}

// Release gives the device memory of the model back, with everything that Segment keeps from one call to the next. The model
// must not be used afterwards.
func (m *Model) Release() {
	m.graph.Close()
	m.Params.Release()
}

// hold waits until nothing else computes with the model, or until ctx ends. release must be called afterward.
func (m *Model) hold(ctx context.Context) (release func(), err error) {
	select {
	case m.busy <- struct{}{}:
		return func() { <-m.busy }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Initialize draws fresh parameters; the short memory attention starts as a copy of the long one.
func (m *Model) Initialize(seed uint64) error {
	m.Params.Initialize(seed)
	byName := map[string]*nn.Param{}
	for _, p := range m.Params.All() {
		byName[p.Name] = p
	}
	for name, short := range byName {
		long, ok := strings.CutPrefix(name, "recent_memory_attention.")
		if !ok {
			continue
		}
		v, err := byName["memory_attention."+long].Get()
		if err != nil {
			return fmt.Errorf("slmsam: initialize: %w", err)
		}
		short.Set(v)
	}
	m.Heads.Prompt.Reload()
	m.trustPrior(byName)
	return nil
}

// Parameters returns the number of trained values.
func (m *Model) Parameters() int {
	n := 0
	for _, p := range m.Params.All() {
		if !p.Buffer {
			n += p.Tensor.Len()
		}
	}
	return n
}
