package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrUnsafe marks a pickle that would execute code if PyTorch loaded it. Such a
// file is refused before any of it is executed.
var ErrUnsafe = errors.New("the pickle would execute code and was refused")

// Bounds on a pickle. The largest real one, a trainer checkpoint of SAM 2.1 large
// with its AdamW state, has about 200 thousand opcodes in 2 MB.
const (
	maxPickleBytes = 32 << 20
	maxPickleOps   = 1 << 20
	maxPickleLine  = 4096 // bytes of a newline-terminated argument
)

// The layouts of an opcode's argument; a layout of 0 or more is its number of bytes.
const (
	argLine  = -1 - iota // text up to a newline
	argLines             // two such lines: module and name
	argLen1              // 1-byte length, then the bytes
	argLen4              // 4-byte length, then the bytes
	argLen8              // 8-byte length, then the bytes
)

// pickleArgument returns the argument layout of an allowed opcode. It leaves out
// opcodes that torch.save never writes and that call things other than through
// REDUCE (INST, OBJ, EXT1..4), need objects from outside (PERSID, NEXT_BUFFER), or
// cost more time to run than bytes to write (LONG4).
func pickleArgument(op byte) (layout int, ok bool) {
	switch op {
	case '(', '.', '0', '1', '2', 'N', 'Q', 'R', 'a', 'b', 'd', '}', 'e', 'l', ']', 's', 't', ')', 'u',
		0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94:
		return 0, true
	case 'K', 'h', 'q', 0x80:
		return 1, true
	case 'M':
		return 2, true
	case 'J', 'j', 'r':
		return 4, true
	case 'G', 0x95:
		return 8, true
	case 'F', 'I', 'L', 'S', 'V', 'g', 'p':
		return argLine, true
	case 'c':
		return argLines, true
	case 'U', 'C', 0x8a, 0x8c:
		return argLen1, true
	case 'T', 'X', 'B':
		return argLen4, true
	case 0x8d, 0x8e:
		return argLen8, true
	}
	return 0, false
}

// scanPickle reads the opcodes of the pickle at the start of data without running
// them, and returns the length of the pickle in bytes. If it succeeds, no argument
// reaches beyond the data, and running the pickle takes time and memory in proportion
// to its length.
func scanPickle(data []byte) (int, error) {
	pos := 0
	for ops := 0; pos < len(data); ops++ {
		if ops == maxPickleOps || pos > maxPickleBytes {
			return 0, fmt.Errorf("the pickle has more than %d opcodes or %d bytes: not a checkpoint", maxPickleOps, maxPickleBytes)
		}
		op := data[pos]
		pos++
		layout, ok := pickleArgument(op)
		if !ok {
			return 0, opcodeError(op, pos-1)
		}
		n, err := argumentSize(data[pos:], layout)
		if err != nil {
			return 0, fmt.Errorf("pickle opcode %#02x at byte %d: %w", op, pos-1, err)
		}
		pos += n
		if op == '.' {
			return pos, nil
		}
	}
	return 0, fmt.Errorf("the pickle ends without STOP: truncated or corrupt")
}

// opcodeError says why the opcode op at byte pos is not allowed.
func opcodeError(op byte, pos int) error {
	switch op {
	case 'i', 'o':
		return fmt.Errorf("opcode %q at byte %d calls a class directly: %w", op, pos, ErrUnsafe)
	case 0x82, 0x83, 0x84:
		return fmt.Errorf("opcode %#02x at byte %d asks for an object of the extension registry: %w", op, pos, ErrUnsafe)
	}
	return fmt.Errorf("opcode %#02x at byte %d does not occur in checkpoints: corrupt, or not a pickle", op, pos)
}

// argumentSize returns the size in bytes of the argument at the start of rest.
func argumentSize(rest []byte, layout int) (int, error) {
	prefix := 0
	switch layout {
	case argLine:
		return lineSize(rest)
	case argLines:
		first, err := lineSize(rest)
		if err != nil {
			return 0, err
		}
		second, err := lineSize(rest[first:])
		return first + second, err
	case argLen1:
		prefix = 1
	case argLen4:
		prefix = 4
	case argLen8:
		prefix = 8
	default:
		if layout > len(rest) {
			return 0, errArgument
		}
		return layout, nil
	}
	if prefix > len(rest) {
		return 0, errArgument
	}
	var word [8]byte
	copy(word[:], rest[:prefix])
	n := binary.LittleEndian.Uint64(word[:])
	if n > uint64(len(rest)-prefix) {
		return 0, fmt.Errorf("argument of %d bytes: %w", n, errArgument)
	}
	return prefix + int(n), nil
}

var errArgument = errors.New("reaches beyond the end of the data: truncated or corrupt")

// lineSize returns the size in bytes of the line at the start of rest, with its newline.
func lineSize(rest []byte) (int, error) {
	i := bytes.IndexByte(rest[:min(len(rest), maxPickleLine)], '\n')
	if i < 0 {
		return 0, errArgument
	}
	return i + 1, nil
}
