package gdcm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/api"
)

// Picture is a decompressed picture.
type Picture struct {
	Width, Height int
	Bits          int    // per sample: 8, 16 or 32
	Raw           []byte // little-endian samples, row by row
}

// Time limits of a picture: baseTime, plus timePerMegapixel for each 2^20 pixels, which is far more than an idle machine needs.
const (
	baseTime         = 30 * time.Second
	timePerMegapixel = 30 * time.Second
	megapixel        = 1 << 20
)

// Decode unpacks a DICOM file with a single gray picture of about the given number of pixels.
func Decode(file []byte, pixels int) (*Picture, error) {
	return decode(file, baseTime+time.Duration(pixels/megapixel)*timePerMegapixel)
}

// decode is Decode with a time limit.
func decode(file []byte, limit time.Duration) (*Picture, error) {
	c, err := compile()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	w, err := c.take(ctx)
	if err != nil {
		return nil, err
	}
	p, err := w.run(ctx, file)
	if ctx.Err() != nil {
		err = fmt.Errorf("the picture was not unpacked within %v: damaged data", limit)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	c.giveBack(w)
	return p, nil
}

// run unpacks a file.
func (w *worker) run(ctx context.Context, file []byte) (*Picture, error) {
	w.runs++
	w.said.text = nil
	w.file.data = file
	defer func() { w.file.data = nil }()
	result, err := w.instance.ExportedFunction("itk_wasm_delayed_start").Call(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the decoder gave up: damaged data (%s)", firstLine(err.Error()))
	case len(result) != 1 || result[0] != 0:
		return nil, fmt.Errorf("the decoder cannot read it: damaged data%s", w.said.quoted())
	}
	return picture(ctx, w.instance)
}

// picture copies the decoder's output from the instance's memory.
func picture(ctx context.Context, m api.Module) (*Picture, error) {
	text, err := lift(ctx, m, "itk_wasm_output_json_address", "itk_wasm_output_json_size", 0, 1)
	if err != nil {
		return nil, err
	}
	var header struct {
		ImageType struct {
			ComponentType string
			Components    int
		}
		Size []int
	}
	if err := json.Unmarshal(text, &header); err != nil {
		return nil, fmt.Errorf("the decoder's answer cannot be parsed: %w", err)
	}
	bits := map[string]int{"uint8": 8, "int8": 8, "uint16": 16, "int16": 16, "uint32": 32, "int32": 32}[header.ImageType.ComponentType]
	if bits == 0 || header.ImageType.Components != 1 || len(header.Size) < 2 {
		return nil, fmt.Errorf("the decoder found %d values of type %q per pixel: damaged data", header.ImageType.Components, header.ImageType.ComponentType)
	}
	raw, err := lift(ctx, m, "itk_wasm_output_array_address", "itk_wasm_output_array_size", 0, 1, 0)
	if err != nil {
		return nil, err
	}
	return &Picture{Width: header.Size[0], Height: header.Size[1], Bits: bits, Raw: slices.Clone(raw)}, nil
}

// lift returns the bytes of an output as a view of the instance's memory. The two functions return its address and size.
func lift(ctx context.Context, m api.Module, address, size string, output ...uint64) ([]byte, error) {
	at, err := m.ExportedFunction(address).Call(ctx, output...)
	if err != nil {
		return nil, fmt.Errorf("the decoder produced no output: damaged data (%s)", firstLine(err.Error()))
	}
	n, err := m.ExportedFunction(size).Call(ctx, output...)
	if err != nil {
		return nil, fmt.Errorf("the decoder produced no output: damaged data (%s)", firstLine(err.Error()))
	}
	raw, ok := m.Memory().Read(uint32(at[0]), uint32(n[0]))
	if !ok {
		return nil, errors.New("the decoder's output is outside its memory: damaged data")
	}
	return raw, nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// lastWords keeps the end of the decoder's messages.
type lastWords struct{ text []byte }

func (w *lastWords) Write(p []byte) (int, error) {
	const most = 512
	w.text = append(w.text, p...)
	if len(w.text) > most {
		w.text = slices.Clone(w.text[len(w.text)-most:])
	}
	return len(p), nil
}

// quoted returns the last line in parentheses; "" if there is none.
func (w *lastWords) quoted() string {
	lines := strings.Split(strings.TrimSpace(string(w.text)), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return " (" + last + ")"
	}
	return ""
}
