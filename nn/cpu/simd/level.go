package simd

import (
	"errors"
	"fmt"
)

// Level returns the kernels of a level by name: "avx512", "avx2" or "plain", or what Detect chooses for "" and
// "auto". It fails for another name and for a level that this machine cannot run.
func Level(name string) (Kernels, error) {
	k, ok := Kernels{}, true
	switch name {
	case "", "auto":
		k = Detect()
	case "plain":
		k = Plain()
	case "avx2":
		k, ok = AVX2()
	case "avx512":
		k, ok = AVX512()
	default:
		return Kernels{}, fmt.Errorf("simd: unknown instruction set %q: want auto, plain, avx2 or avx512", name)
	}
	if !ok {
		return Kernels{}, fmt.Errorf("simd: this machine has no %s: want auto or plain", k.Name)
	}
	return k, nil
}

// LevelBF16 returns kernels whose products round to bfloat16: those of AVX512_BF16 for "avx512", "" and "auto", those in Go for
// "plain". It fails for other levels, and on a machine without AVX512_BF16.
func LevelBF16(name string) (Kernels, error) {
	if _, err := Level(name); err != nil {
		return Kernels{}, err
	}
	switch name {
	case "", "auto", "avx512":
	case "plain":
		return PlainBF16(), nil
	default:
		return Kernels{}, fmt.Errorf("simd: %s has no products in bf16: want auto or avx512", name)
	}
	k, ok := AVX512BF16()
	if !ok {
		return Kernels{}, errors.New("simd: this machine has no AVX512_BF16, which products in bf16 need: want f32")
	}
	return k, nil
}
