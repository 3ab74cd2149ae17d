package backend

// HalfKeeper is implemented by devices that can store numbers as float16 to save memory.
type HalfKeeper interface {
	// KeepHalves returns a buffer with b's numbers rounded to float16 and frees b; if the device was opened without this option, it
	// returns b. The new buffer can be read like any other; Write, and kernels that would write to it, panic.
	KeepHalves(b Buffer) Buffer

	// Trim returns the memory of freed buffers to the system.
	Trim()
}
