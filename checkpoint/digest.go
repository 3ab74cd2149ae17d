package checkpoint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Digest is the SHA-256, in hexadecimal, of tensors by name: their names, shapes and values, whatever file they came
// from.
func Digest(state map[string]*Tensor) string {
	h := sha256.New()
	var buffer []byte
	for _, name := range slices.Sorted(maps.Keys(state)) {
		t := state[name]
		fmt.Fprintln(h, name, t.Shape)
		buffer = buffer[:0]
		for _, v := range t.Data {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
		}
		h.Write(buffer)
	}
	return hex.EncodeToString(h.Sum(nil))
}
