package backend

// Buffer is a block of float32 words on a device.
type Buffer interface {
	// Len is the size in float32 words.
	Len() int
}

// Device owns memory and runs kernels, in the order of the calls. It is not safe for concurrent use.
type Device interface {
	Kernels

	// Name says what computes, for people: "CPU (AVX-512, 2 threads)" or "NVIDIA H200 (Vulkan)".
	Name() string

	// Alloc returns a buffer of n >= 1 words with undefined contents. When the device is out of
	// memory the error comes back from the next Read or Sync.
	Alloc(n int) Buffer

	// Free gives a buffer back to the device's pool. Kernels already called still see its contents.
	Free(b Buffer)

	// Write copies src to words off.. of b. src may be reused on return.
	Write(b Buffer, off int, src []float32)

	// Read waits for all kernels called so far, then copies words off.. of b to dst.
	Read(b Buffer, off int, dst []float32) error

	// ReadAll is Read of several parts, with one wait.
	ReadAll(parts []Part) error

	// Sync waits for all kernels called so far and returns the first error since the last Sync or Read.
	Sync() error

	// Memory says how much is in use.
	Memory() Memory

	// ResetPeak sets Memory().Peak to what is live now.
	ResetPeak()

	// Close releases everything. The device and its buffers must not be used afterwards.
	Close()
}

// Part is some words of a buffer, from Off on, and where they go on the host.
type Part struct {
	From Buffer
	Off  int
	To   []float32
}

// Memory is a device's use of memory, in bytes.
type Memory struct {
	Live   int64 // in buffers that were not freed
	Pooled int64 // freed, kept for reuse
	Peak   int64 // the largest Live + Pooled, with the device's own scratch, since the last ResetPeak
}

// Kernels is the list of everything that a device computes.
type Kernels interface {
	// Products.
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

	// Rows.
	LayerNorm(LayerNorm)
	LayerNormBackward(LayerNormBackward)
	RoPE(RoPE)

	// Element by element, copies and sums.
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
