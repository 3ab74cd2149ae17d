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

// Digest returns the SHA-256, in hexadecimal, of the names, shapes and values of tensors. It does not depend on the kind of
// file that they were read from.
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
