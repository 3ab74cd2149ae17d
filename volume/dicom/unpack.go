package dicom

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/volume/dicom/gdcm"
)

// unpack decompresses frame i to little-endian samples, and returns the number of bits of each.
func (p *Pixels) unpack(i int) (raw []byte, bits int, err error) {
	p.sorting.Do(func() { p.packed, p.unsorted = p.frameFragments() })
	if p.unsorted != nil {
		return nil, 0, p.unsorted
	}
	n := p.Rows * p.Columns
	if p.Syntax == SyntaxRLE {
		raw, err = decodeRLE(p.packed[i], n, p.Allocated/8)
		return raw, p.Allocated, err
	}
	if _, ok := jpegSyntaxes[p.Syntax]; !ok {
		return nil, 0, fmt.Errorf("the pixels are compressed in an unknown way (%s): decompress the series first, for example with gdcmconv --raw IN OUT or dcm2niix (to NIfTI)", p.Syntax)
	}
	got, err := gdcm.Decode(p.singleFrame(i), n)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", SyntaxName(p.Syntax), err)
	}
	if len(got.Raw) != n*got.Bits/8 || got.Width != p.Columns || got.Height != p.Rows {
		return nil, 0, fmt.Errorf("%s: the compressed picture has %dx%d pixels of %d bits, the file announces %dx%d: corrupt file",
			SyntaxName(p.Syntax), got.Width, got.Height, got.Bits, p.Columns, p.Rows)
	}
	if p.High >= got.Bits {
		return nil, 0, fmt.Errorf("%s: pixels of %d bits where the file announces %d: corrupt file", SyntaxName(p.Syntax), got.Bits, p.Stored)
	}
	return got.Raw, got.Bits, nil
}

// singleFrame returns a minimal file with only frame i for the decoder, so that nothing else in the user's file can affect
// it, and it returns the stored values unchanged.
func (p *Pixels) singleFrame(i int) []byte {
	fragments := p.packed[i]
	stored, high, signed := p.Stored, p.High, 0
	if p.Signed {
		signed = 1
	}
	if p.Syntax == syntaxExtended { // the decoder omits the level shift of 12-bit lossy JPEG unless the file claims 16 bits
		stored, high, signed = p.Allocated, p.Allocated-1, 0
	}
	set := Set{}
	set.Text(TagSOPClass, "UI", "1.2.840.10008.5.1.4.1.1.7") // secondary capture
	set.Text(TagSOPInstance, "UI", "1.2.3")
	set.Short(TagSamplesPerPixel, 1)
	set.Text(TagPhotometric, "CS", "MONOCHROME2")
	set.Short(TagRows, p.Rows)
	set.Short(TagColumns, p.Columns)
	set.Short(TagBitsAllocated, p.Allocated)
	set.Short(TagBitsStored, stored)
	set.Short(TagHighBit, high)
	set.Short(TagPixelSigned, signed)
	set[TagPixels] = Field{VR: "OB", Fragments: fragments}
	return File(p.Syntax, set)
}
