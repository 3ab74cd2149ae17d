package simd

//go:generate go run -C gen .
