package simd

import (
	"errors"
	"fmt"
)

// levels lists the instruction sets, the fastest first: their names for Level, and for people.
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

// Level returns the kernels for an instruction set: "avx512", "avx2", "neon", "plain" (Go), or what Detect returns for "" and
// "auto". It fails if the name is unknown or this machine cannot run them.
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

// LevelBF16 returns kernels whose products round to bfloat16: for AVX512_BF16 if level is "avx512", "" or "auto", in Go if it is
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

// bf16Level is the name of AVX-512 with products in bfloat16.
const bf16Level = "avx512bf16"
