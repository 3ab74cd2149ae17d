package checkpoint

import (
	"fmt"
	"strings"
)

// imageEncoder begins keys of every SAM 2 state. No wrapper module has that name.
const imageEncoder = "image_encoder."

// compiled is what torch.compile inserts into the keys of modules that it compiled.
const compiled = "_orig_mod."

// plainKeys returns keys under the model's own names: without a prefix that all of them share ("module.", "model.",
// "sam2.model.", ...) and without what torch.compile inserted. From the keys of other models it removes only DataParallel's
// "module.". If two keys would become equal, it returns all of them unchanged.
func plainKeys(keys []string) []string {
	out := make([]string, len(keys))
	prefix := commonPrefix(keys)
	seen := map[string]bool{}
	for i, key := range keys {
		out[i] = strings.ReplaceAll(strings.TrimPrefix(key, prefix), compiled, "")
		if seen[out[i]] || out[i] == "" {
			return keys
		}
		seen[out[i]] = true
	}
	return out
}

// commonPrefix returns the prefix before SAM 2's own names, or "module." for other models; "" if not all keys have it.
func commonPrefix(keys []string) string {
	prefix, found := "", false
	for _, key := range keys {
		if i := strings.Index(key, imageEncoder); i == 0 || i > 0 && key[i-1] == '.' {
			prefix, found = key[:i], true
			break
		}
	}
	if !found {
		prefix = "module."
	}
	for _, key := range keys {
		if !strings.HasPrefix(key, prefix) {
			return ""
		}
	}
	return prefix
}

// Keys that SAM 2.1 added to SAM 2.0. At zero they have no effect, so that weights of 2.0 work as they did there.
const (
	absentEmbedding = "no_obj_embed_spatial"     // [1,64]
	pointerTime     = "obj_ptr_tpos_proj.weight" // [64,256]
	pointerTimeBias = "obj_ptr_tpos_proj.bias"   // [64]
)

// IsSAM20 reports whether a state is one of SAM 2.0: SAM 2.1's without the three tensors that came with it.
func IsSAM20(state map[string]*Tensor) bool {
	return state[absentEmbedding] == nil && state[pointerTime] == nil && state[pointerTimeBias] == nil &&
		state[longTemporal] != nil && state[longAttention+"norm.weight"] != nil && !HasShortMemory(state)
}

// FromSAM20 completes a SAM 2.0 state for SAM 2.1's architecture with zeros. SAM 2.1 marks memories of absent objects and
// encodes the age of object pointers; with zeros, it does neither, like SAM 2.0.
func FromSAM20(state map[string]*Tensor) (map[string]*Tensor, error) {
	if !IsSAM20(state) {
		return nil, fmt.Errorf("checkpoint: not a SAM 2.0 state")
	}
	time, norm := state[longTemporal].Shape, state[longAttention+"norm.weight"].Shape
	if len(time) == 0 || len(norm) != 1 {
		return nil, fmt.Errorf("checkpoint: not a SAM 2.0 state: %s has shape %v", longTemporal, time)
	}
	memory, width := time[len(time)-1], norm[0]
	out := make(map[string]*Tensor, len(state)+3)
	for name, t := range state {
		out[name] = t
	}
	out[absentEmbedding] = constant(0, 1, memory)
	out[pointerTime], out[pointerTimeBias] = constant(0, memory, width), constant(0, memory)
	return out, nil
}

// ForeignLayout says that a state has another program's layout of SAM weights, and what to do about it; "" if it has none
// of the known ones.
func ForeignLayout(state map[string]*Tensor) string {
	for name := range state {
		switch {
		case strings.HasPrefix(name, "vision_encoder.backbone."), strings.HasPrefix(name, "shared_image_embedding."),
			strings.HasPrefix(name, "vision_encoder.neck.convs."), strings.HasPrefix(name, "sam2_model.vision_encoder."):
			return "it has the layout of Hugging Face's transformers; use the original .pt, which is next to it in the model's " +
				"repository (e.g. sam2.1_hiera_tiny.pt), or use slmsam weights pull"
		case strings.HasPrefix(name, "image_encoder.blocks."), strings.HasPrefix(name, "image_encoder.patch_embed."):
			return "it is a SAM 1 (segment-anything) checkpoint, which has a different architecture; use SAM 2.1 (slmsam weights list)"
		case strings.HasPrefix(name, "detector."), strings.HasPrefix(name, "tracker_model."), strings.HasPrefix(name, "detector_model."):
			return "it is a SAM 3 checkpoint, which has a different architecture; use SAM 2.1 (slmsam weights list)"
		}
	}
	return ""
}

// IsShortMemory reports whether a key belongs to a part that SLM-SAM 2 adds to SAM 2.1.
func IsShortMemory(name string) bool {
	return strings.HasPrefix(name, shortAttention) || strings.HasPrefix(name, shortFuser) || name == shortTemporal
}
