package slmsam

import (
	"fmt"
	"slices"
	"strings"
)

// The kinds of prompts that weights may be trained with.
const (
	PromptMask  = "mask"
	PromptBox   = "box"
	PromptClick = "click"
)

// Trained says what weights were trained with, so that a model can refuse what it never learned. nil means unknown,
// and nothing is refused: official weights take every prompt.
type Trained struct {
	Prompts  []string `json:"prompts"`  // of PromptMask, PromptBox and PromptClick
	Memories []Memory `json:"memories"` // "M7+R1"
}

// TrainedAsSAM2 is what the released SAM 2.1 weights were trained with.
func TrainedAsSAM2(frames int) *Trained {
	return &Trained{Prompts: []string{PromptBox, PromptClick, PromptMask}, Memories: []Memory{{Long: frames}}}
}

// Knows reports whether weights are known to have been trained with a kind of prompt.
func (t *Trained) Knows(prompt string) bool { return t != nil && slices.Contains(t.Prompts, prompt) }

// With adds what further training covers; nil stays nil.
func (t *Trained) With(prompts []string, memory Memory) *Trained {
	if t == nil {
		return nil
	}
	out := &Trained{Prompts: slices.Concat(t.Prompts, prompts), Memories: slices.Clone(t.Memories)}
	slices.Sort(out.Prompts)
	out.Prompts = slices.Compact(out.Prompts)
	if !slices.Contains(out.Memories, memory) {
		out.Memories = append(out.Memories, memory)
	}
	return out
}

// UntrainedError means that the weights were not trained with what was requested.
type UntrainedError struct{ what, known string }

func (e *UntrainedError) Error() string {
	return fmt.Sprintf("slmsam: these weights were not trained with %s, so the result would be useless; they were trained with %s", e.what, e.known)
}

// allows returns an *UntrainedError for a memory that the weights were not trained with, and for outlines if they were not trained
// with masks. Clicks and boxes that they do not know become outlines.
func (m *Model) allows(r Request) error {
	t := m.Config.Trained
	if t == nil || r.Untrained {
		return nil
	}
	for _, p := range r.Prompts {
		if t.Knows(PromptMask) || !p.outline() && m.reads(p, r.Options) {
			continue
		}
		what := "outlines"
		if !p.outline() {
			what = strings.Join(p.kinds(), " and ") + " prompts, nor with outlines in their place"
		}
		return &UntrainedError{what, strings.Join(t.Prompts, ", ")}
	}
	memory := r.Memory
	if !slices.Contains(t.Memories, memory) {
		var known []string
		for _, m := range t.Memories {
			known = append(known, m.String())
		}
		return &UntrainedError{"memory " + memory.String(), strings.Join(known, ", ")}
	}
	return nil
}
