package backend

// Buffer is a block of float32 words on a device.
type Buffer interface {
	// Len is the size in float32 words.
	Len() int
}

// Device owns memory and runs kernels, in the order in which they are called. It is not safe for concurrent use.
type Device interface {
	Kernels

	// Name describes the device to people: "CPU (AVX-512, 2 threads)" or "NVIDIA H200 (Vulkan)".
	Name() string

	// Alloc returns a buffer of n >= 1 words with undefined contents. If the device is out of memory, the next Read or Sync returns
	// the error.
	Alloc(n int) Buffer

	// Free returns a buffer to the device's pool. Kernels that were called before still see its contents.
	Free(b Buffer)

	// Write copies src to b, from word off on. src may be reused when it returns.
	Write(b Buffer, off int, src []float32)

	// Read waits for all kernels called so far, then fills dst with the words of b from word off on.
	Read(b Buffer, off int, dst []float32) error

	// ReadAll is Read for several parts, with a single wait.
	ReadAll(parts []Part) error

	// Sync waits for all kernels called so far and returns the first error since the last Sync or Read.
	Sync() error

	// Memory returns how much memory is in use.
	Memory() Memory

	// ResetPeak starts a new measurement of Memory().Peak.
	ResetPeak()

	// Close releases everything. The device and its buffers must not be used afterwards.
	Close()
}

// Part is a range of a buffer to read: len(To) words, from word Off on.
type Part struct {
	From Buffer
	Off  int
	To   []float32
}

// Memory is the memory that a device uses, in bytes.
type Memory struct {
	Live   int64 // in buffers that have not been freed
	Pooled int64 // freed, but kept for reuse
	Peak   int64 // the maximum of Live + Pooled, plus the device's own scratch memory, since the last ResetPeak
}

// Kernels is everything that a device can compute.
type Kernels interface {
	// Matrix products and attention.
	MatMul(MatMul)
	Attention(Attention)
	AttentionBackward(AttentionBackward)

	// Convolution and its relatives.
	Im2Col(Im2Col)
	Col2Im(Im2Col)
	DepthwiseConv(DepthwiseConv)
	DepthwiseConvBackward(DepthwiseConvBackward)
	MaxPool(MaxPool)
	MaxPoolBackward(MaxPoolBackward)
	Resample(Resample)

	// Row by row.
	LayerNorm(LayerNorm)
	LayerNormBackward(LayerNormBackward)
	RoPE(RoPE)

	// Element by element, copies, and sums.
	Map(Map)
	MapBackward(MapBackward)
	Zip(Zip)
	Copy(Copy)
	Join(Join)
	Windows(Windows)
	Choose(Choose)
	ChooseBackward(ChooseBackward)
	Fill(Fill)
	Sum(Sum)
	Dot(Dot)
	Dropout(Dropout)

	// Training.
	MaskLoss(MaskLoss)
	MaskLossBackward(MaskLossBackward)
	AdamW(AdamW)
}

// Splitter is implemented by devices that can divide their processors among independent pieces of work.
type Splitter interface {
	// Split returns up to n devices, each with its share of this device's processors and the same results. It returns nil if
	// there is nothing to divide.
	Split(n int) []Device
}
