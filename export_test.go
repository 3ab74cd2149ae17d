package slmsam

// HoldInMemory sets how many bytes of first findings on slices between two outlines stay in memory until the
// other side arrives.
func (m *Model) HoldInMemory(bytes int64) { m.heldInMemory = bytes }
