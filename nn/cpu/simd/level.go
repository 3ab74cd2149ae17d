package simd

import (
	"errors"
	"fmt"
)

// levels names the instruction sets, fastest first, for people and as Level takes them. "plain" is Go.
var levels = []struct{ level, name string }{
	{"avx512", "AVX-512"}, {"avx2", "AVX2 with FMA"}, {"neon", "NEON"}, {"plain", "Go"},
}

// Detect returns the fastest kernels that this machine can run.
func Detect() Kernels {
	for _, l := range levels {
		if k, ok := machine(l.level); ok {
			return k
		}
	}
	return Plain()
}

// Level returns the kernels of a level by name: "avx512", "avx2", "neon" or "plain", or what Detect chooses for "" and
// "auto". It fails for another name and for a level that this machine cannot run.
func Level(level string) (Kernels, error) {
	if level == "" || level == "auto" {
		return Detect(), nil
	}
	for _, l := range levels {
		if l.level != level {
			continue
		}
		if k, ok := machine(level); ok {
			return k, nil
		}
		return Kernels{}, fmt.Errorf("simd: this machine has no %s: want auto or plain", l.name)
	}
	return Kernels{}, fmt.Errorf("simd: unknown instruction set %q: want auto, plain, avx2, avx512 or neon", level)
}

// LevelBF16 returns kernels whose products round to bfloat16: those of AVX512_BF16 for "avx512", "" and "auto", those in Go for
// "plain". It fails for other levels, and on a machine without AVX512_BF16.
func LevelBF16(level string) (Kernels, error) {
	switch level {
	case "", "auto", "avx512":
	case "plain":
		return PlainBF16(), nil
	default:
		if _, err := Level(level); err != nil {
			return Kernels{}, err
		}
		return Kernels{}, fmt.Errorf("simd: %s has no products in bf16: want auto or avx512", level)
	}
	if k, ok := machine(bf16Level); ok {
		return k, nil
	}
	return Kernels{}, errors.New("simd: this machine has no AVX512_BF16, which products in bf16 need: want f32")
}

// bf16Level is AVX-512 with products in bfloat16.
const bf16Level = "avx512bf16"
