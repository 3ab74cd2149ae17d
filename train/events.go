package train

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// events writes a TensorBoard event file: TFRecords of tensorflow.Event messages (TensorFlow's event.proto and
// summary.proto), of which only versions, session starts, and scalars are needed.
type events struct {
	file *os.File
	err  error // the first one
}

// newEvents starts an event file. Its session start tells TensorBoard to discard what earlier files hold after step.
func newEvents(dir string, step int) (*events, error) {
	name := fmt.Sprintf("events.out.tfevents.%010d.slmsam.%d", time.Now().Unix(), step)
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("train: TensorBoard events: %w", err)
	}
	e := &events{file: f}
	e.write(protoBytes(e.head(0), 3, []byte("brain.Event:2")))
	const start = 1 // SessionLog.SessionStatus.START
	e.write(protoBytes(e.head(step+1), 7, protoVarint(nil, 1, start)))
	return e, e.err
}

// scalars writes one event with named values.
func (e *events) scalars(step int, values map[string]float64) {
	var summary []byte
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := protoBytes(nil, 1, []byte(name))
		value = append(value, 2<<3|5) // simple_value, 32 bits
		value = binary.LittleEndian.AppendUint32(value, math.Float32bits(float32(values[name])))
		summary = protoBytes(summary, 1, value)
	}
	e.write(protoBytes(e.head(step), 5, summary))
}

// head begins an Event: wall time and step.
func (e *events) head(step int) []byte {
	out := []byte{1<<3 | 1} // wall_time, 64 bits
	out = binary.LittleEndian.AppendUint64(out, math.Float64bits(float64(time.Now().UnixNano())/1e9))
	return protoVarint(out, 2, uint64(step))
}

// write appends a TFRecord: length, checksum of the length, data, checksum of the data.
func (e *events) write(data []byte) {
	if e.err != nil {
		return
	}
	record := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	record = binary.LittleEndian.AppendUint32(record, maskedCRC(record))
	record = append(record, data...)
	record = binary.LittleEndian.AppendUint32(record, maskedCRC(data))
	_, e.err = e.file.Write(record)
}

// maskedCRC is CRC-32C, rotated and offset as TFRecord requires.
func maskedCRC(data []byte) uint32 {
	c := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return (c>>15 | c<<17) + 0xa282ead8
}

// protoVarint appends a varint field to a protobuf message.
func protoVarint(b []byte, field int, v uint64) []byte {
	return binary.AppendUvarint(append(b, byte(field<<3)), v)
}

// protoBytes appends a length-delimited field to a protobuf message.
func protoBytes(b []byte, field int, v []byte) []byte {
	b = append(b, byte(field<<3|2))
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// close closes the file and returns the first error of any write.
func (e *events) close() error {
	if err := e.file.Close(); e.err == nil {
		e.err = err
	}
	if e.err != nil {
		return fmt.Errorf("train: TensorBoard events: %w", e.err)
	}
	return nil
}
