package dicom

import "fmt"

// Tag is (group << 16) | element.
type Tag uint32

// String returns the tag in the standard's notation: (7fe0,0010).
func (t Tag) String() string { return fmt.Sprintf("(%04x,%04x)", uint32(t)>>16, uint32(t)&0xffff) }

// Tags of items and of the ends of items and sequences, and elements of the file meta information.
const (
	tagItem        Tag = 0xfffee000
	tagItemEnd     Tag = 0xfffee00d
	tagSequenceEnd Tag = 0xfffee0dd

	tagMetaLength     Tag = 0x00020000
	tagMetaVersion    Tag = 0x00020001
	TagMetaClass      Tag = 0x00020002
	tagMetaInstance   Tag = 0x00020003
	TagTransferSyntax Tag = 0x00020010
	tagImplementation Tag = 0x00020012
)

// Elements that identify the file, and those that describe its pixels.
const (
	TagSOPClass        Tag = 0x00080016
	TagSOPInstance     Tag = 0x00080018
	TagSamplesPerPixel Tag = 0x00280002
	TagPhotometric     Tag = 0x00280004
	TagFrames          Tag = 0x00280008
	TagRows            Tag = 0x00280010
	TagColumns         Tag = 0x00280011
	TagBitsAllocated   Tag = 0x00280100
	TagBitsStored      Tag = 0x00280101
	TagHighBit         Tag = 0x00280102
	TagPixelSigned     Tag = 0x00280103
	TagExtendedOffsets Tag = 0x7fe00001
	TagFloatPixels     Tag = 0x7fe00008
	TagDoublePixels    Tag = 0x7fe00009
	TagPixels          Tag = 0x7fe00010
)
