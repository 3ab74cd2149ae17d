package slmsam

// HoldInMemory sets how many bytes of findings in gaps stay in memory while they wait to be blended with those from the
// other side. The rest goes to a temporary file.
func (m *Model) HoldInMemory(bytes int64) { m.heldInMemory = bytes }
