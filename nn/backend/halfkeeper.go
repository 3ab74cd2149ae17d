package backend

// HalfKeeper is implemented by devices that can keep numbers as float16 to save memory.
type HalfKeeper interface {
	// KeepHalves returns a buffer with b's numbers rounded to float16 and frees b, or returns b if the device was opened to
	// keep float32. Kernels and Read take the new buffer as any other; Write and kernels that would write to it panic.
	KeepHalves(b Buffer) Buffer

	// Trim gives the memory of freed buffers back to the system.
	Trim()
}
