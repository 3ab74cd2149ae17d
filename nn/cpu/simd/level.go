package simd

import "fmt"

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
