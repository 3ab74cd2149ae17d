package slmsam

// HoldInMemory sets how many bytes of what was found first on slices between two outlines stay in memory until the other
// side comes by.
func (m *Model) HoldInMemory(bytes int64) { m.heldInMemory = bytes }
