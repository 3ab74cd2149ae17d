package dicom

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readPixels parses a file in testdata.
func readPixels(t *testing.T, name string) *Pixels {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return parsePixels(t, raw)
}

func parsePixels(t *testing.T, raw []byte) *Pixels {
	t.Helper()
	d, err := Parse(raw)
	require.NoError(t, err)
	p, err := d.Pixels()
	require.NoError(t, err)
	return p
}

// lossyNoise is the largest change of a pixel by lossy compression in testdata, apart from a constant shift, which comes
// from dcmtk's choice of black.
const lossyNoise = 5

// TestSyntaxes checks that every transfer syntax gives the pixels of the uncompressed file, exactly if it is
// lossless.
func TestSyntaxes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*.dcm")
	require.NoError(t, err)
	require.Greater(t, len(files), 30)
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			base, _, _ := strings.Cut(name, ".")
			want, got := readPixels(t, base+".dcm"), readPixels(t, name)
			require.Equal(t, want.Frames, got.Frames)
			for i := range want.Frames {
				a, err := want.Frame(i)
				require.NoError(t, err)
				b, err := got.Frame(i)
				require.NoError(t, err)
				switch {
				case strings.Contains(name, "nearlossless"):
					require.InDeltaSlice(t, a, b, 1)
				case strings.Contains(name, "baseline"), strings.Contains(name, "extended"):
					shift := mean(b) - mean(a)
					for k := range a {
						require.InDelta(t, a[k]+shift, b[k], lossyNoise)
					}
				default:
					require.Equal(t, a, b)
				}
			}
		})
	}
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// TestDamagedPictures changes or cuts off compressed data, and checks that this gives an error or a picture of the
// right size, and that the decoder still works afterward.
func TestDamagedPictures(t *testing.T) {
	random := rand.New(rand.NewPCG(12, 1))
	failed := 0
	for _, name := range []string{"s16.j2k.dcm", "s16.lossless70.dcm", "s16.jpegls.dcm", "u8.baseline.dcm", "s16.rle.dcm"} {
		for round := range 6 {
			p := readPixels(t, name)
			fragment := bytes.Clone(p.source.fragments[0])
			if round%2 == 0 {
				fragment = fragment[:random.IntN(len(fragment))]
			} else {
				for range 8 {
					fragment[random.IntN(len(fragment))] = byte(random.IntN(256))
				}
			}
			p.source.fragments[0] = fragment
			values, err := p.Frame(0)
			if err != nil {
				failed++
			} else {
				require.Len(t, values, p.Rows*p.Columns)
			}
		}
		_, err := readPixels(t, name).Frame(0)
		require.NoError(t, err)
	}
	require.Greater(t, failed, 10)
}

// TestFragments checks that frames are found by the offset table, by their number, or by the markers of their
// codestreams.
func TestFragments(t *testing.T) {
	want := readPixels(t, "m16.dcm")
	p := readPixels(t, "m16.jpegls.dcm")
	whole := p.source.fragments
	require.Len(t, whole, 3)
	halves := func() (split [][]byte) {
		for _, f := range whole {
			half := len(f) / 4 * 2
			split = append(split, f[:half], f[half:])
		}
		return split
	}
	check := func(p *Pixels) {
		for i := range 3 {
			a, err := want.Frame(i)
			require.NoError(t, err)
			b, err := p.Frame(i)
			require.NoError(t, err)
			require.Equal(t, a, b)
		}
	}
	p.source.fragments, p.source.offsets = halves(), nil // by markers
	check(p)
	p = readPixels(t, "m16.jpegls.dcm")
	p.source.fragments, p.source.offsets = halves(), nil
	at := 0
	for _, f := range whole {
		p.source.offsets = littleEndian32(p.source.offsets, at)
		at += 16 + len(f)
	}
	check(p)
	p = readPixels(t, "m16.rle.dcm") // RLE has no markers
	p.source.fragments, p.source.offsets = append(p.source.fragments, []byte{0, 0}), nil
	_, err := p.Frame(0)
	require.ErrorContains(t, err, "4 fragments of compressed pixels cannot be divided into 3 frames")
	p = readPixels(t, "m16.rle.dcm")
	p.source.fragments = [][]byte{}
	_, err = p.Frame(1)
	require.ErrorContains(t, err, "is empty")
}

// littleEndian32 appends x in four bytes.
func littleEndian32(b []byte, x int) []byte {
	return append(b, byte(x), byte(x>>8), byte(x>>16), byte(x>>24))
}

// TestPixelKinds reads pixels of one bit, of bytes, and of floats.
func TestPixelKinds(t *testing.T) {
	image := func(allocated int, pixels Tag, vr string, value []byte) Set {
		s := Set{}
		s.Text(TagSOPClass, "UI", "1.2")
		s.Text(TagSOPInstance, "UI", "1.3")
		s.Short(TagRows, 1)
		s.Short(TagColumns, 3)
		s.Text(TagFrames, "IS", "2")
		s.Short(TagBitsAllocated, allocated)
		s[pixels] = Field{VR: vr, Value: value}
		return s
	}
	floats := func(x ...float32) (b []byte) {
		for _, v := range x {
			b = littleEndian32(b, int(math.Float32bits(v)))
		}
		return b
	}
	for _, c := range []struct {
		set  Set
		want [2][]float64
	}{
		{image(1, TagPixels, "OB", []byte{0b00101_110, 0}), [2][]float64{{0, 1, 1}, {1, 0, 1}}},
		{image(8, TagPixels, "OB", []byte{1, 2, 3, 4, 5, 255}), [2][]float64{{1, 2, 3}, {4, 5, 255}}},
		{image(32, TagFloatPixels, "OF", floats(1, -2, 0.5, 3, 4, 5)), [2][]float64{{1, -2, 0.5}, {3, 4, 5}}},
	} {
		p := parsePixels(t, File(SyntaxExplicit, c.set))
		for i, want := range c.want {
			got, err := p.Frame(i)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
	d, err := Parse(File(SyntaxExplicit, image(1, TagPixels, "OB", nil)))
	require.NoError(t, err)
	_, err = d.Pixels()
	require.ErrorContains(t, err, "need 1 bytes, the file holds 0")
}
