package volume

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// nifti1 is the NIfTI-1 header as stored (348 bytes, nifti1.h).
type nifti1 struct {
	SizeofHdr  int32
	_          [35]byte // data_type .. regular, unused
	DimInfo    byte
	Dim        [8]int16
	IntentP    [3]float32
	IntentCode int16
	Datatype   int16
	Bitpix     int16
	SliceStart int16
	PixDim     [8]float32
	VoxOffset  float32
	SclSlope   float32
	SclInter   float32
	SliceEnd   int16
	SliceCode  byte
	XYZTUnits  byte
	CalMax     float32
	CalMin     float32
	SliceTime  float32
	TOffset    float32
	_          [8]byte // glmax, glmin, unused
	Descrip    [80]byte
	AuxFile    [24]byte
	QFormCode  int16
	SFormCode  int16
	Quatern    [3]float32
	QOffset    [3]float32
	SRow       [3][4]float32
	IntentName [16]byte
	Magic      [4]byte
}

// nifti2 is the NIfTI-2 header as stored (540 bytes, nifti2.h).
type nifti2 struct {
	SizeofHdr  int32
	Magic      [8]byte
	Datatype   int16
	Bitpix     int16
	Dim        [8]int64
	IntentP    [3]float64
	PixDim     [8]float64
	VoxOffset  int64
	SclSlope   float64
	SclInter   float64
	CalMax     float64
	CalMin     float64
	SliceTime  float64
	TOffset    float64
	SliceStart int64
	SliceEnd   int64
	Descrip    [80]byte
	AuxFile    [24]byte
	QFormCode  int32
	SFormCode  int32
	Quatern    [3]float64
	QOffset    [3]float64
	SRow       [3][4]float64
	SliceCode  int32
	XYZTUnits  int32
	IntentCode int32
	IntentName [16]byte
	DimInfo    byte
	_          [15]byte
}

// Header sizes, and where the voxels of a single-file NIfTI start: after the header and the four
// bytes that announce extensions.
const (
	nifti1Size   = 348
	nifti2Size   = 540
	nifti1Voxels = nifti1Size + 4
	nifti2Voxels = nifti2Size + 4
)

// niftiHeader holds the fields of either version that this package uses.
type niftiHeader struct {
	order     binary.ByteOrder
	pair      bool // the voxels are in a separate .img file
	analyze   bool // ANALYZE 7.5, which states no orientation
	dim       [8]int64
	datatype  int16
	voxOffset float64
	slope     float64
	inter     float64
	frame     NIfTIFrame
}

// niftiVersion recognizes a header by its size field, in either byte order.
func niftiVersion(head []byte) (version int, order binary.ByteOrder, ok bool) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(head) {
		case nifti1Size:
			return 1, order, true
		case nifti2Size:
			return 2, order, true
		}
	}
	return 0, nil, false
}

// parseNIfTI reads a header from its first bytes (348 or 540).
func parseNIfTI(raw []byte) (*niftiHeader, error) {
	if len(raw) < 4 {
		return nil, errors.New("NIfTI: the file is shorter than a header")
	}
	version, order, ok := niftiVersion(raw)
	if !ok {
		return nil, fmt.Errorf("NIfTI: not a NIfTI header (its first field is %d, want 348 or 540)", int32(binary.LittleEndian.Uint32(raw)))
	}
	if version == 1 {
		return parseNIfTI1(raw, order)
	}
	return parseNIfTI2(raw, order)
}

func parseNIfTI1(raw []byte, order binary.ByteOrder) (*niftiHeader, error) {
	var f nifti1
	if err := binary.Read(bytes.NewReader(raw), order, &f); err != nil {
		return nil, errors.New("NIfTI: the file is shorter than a header")
	}
	h := &niftiHeader{order: order, datatype: f.Datatype, voxOffset: float64(f.VoxOffset),
		slope: float64(f.SclSlope), inter: float64(f.SclInter)}
	switch string(f.Magic[:]) {
	case "n+1\x00":
	case "ni1\x00":
		h.pair = true
	case "\x00\x00\x00\x00": // ANALYZE 7.5, NIfTI's predecessor, in which these fields have other meanings
		h.pair, h.analyze = true, true
		f.QFormCode, f.SFormCode, f.XYZTUnits, f.SclInter = 0, 0, 0, 0
		f.Quatern, f.QOffset, f.SRow = [3]float32{}, [3]float32{}, [3][4]float32{}
		h.inter = 0
	default:
		return nil, fmt.Errorf("NIfTI: bad magic %q, want \"n+1\" or \"ni1\"", f.Magic[:3])
	}
	for i := range f.Dim {
		h.dim[i] = int64(f.Dim[i])
	}
	h.frame = NIfTIFrame{Version: 1, NDim: int(f.Dim[0]), QFormCode: int32(f.QFormCode), SFormCode: int32(f.SFormCode), XYZTUnits: int32(f.XYZTUnits)}
	widen(h.frame.PixDim[:], f.PixDim[:])
	widen(h.frame.Quatern[:], f.Quatern[:])
	widen(h.frame.QOffset[:], f.QOffset[:])
	for r := range f.SRow {
		widen(h.frame.SRow[r][:], f.SRow[r][:])
	}
	return h, nil
}

func parseNIfTI2(raw []byte, order binary.ByteOrder) (*niftiHeader, error) {
	var f nifti2
	if err := binary.Read(bytes.NewReader(raw), order, &f); err != nil {
		return nil, errors.New("NIfTI-2: the file is shorter than a header")
	}
	h := &niftiHeader{order: order, dim: f.Dim, datatype: f.Datatype, voxOffset: float64(f.VoxOffset), slope: f.SclSlope, inter: f.SclInter}
	switch string(f.Magic[:4]) {
	case "n+2\x00":
	case "ni2\x00":
		h.pair = true
	default:
		return nil, fmt.Errorf("NIfTI-2: bad magic %q, want \"n+2\" or \"ni2\"", f.Magic[:3])
	}
	h.frame = NIfTIFrame{Version: 2, NDim: int(f.Dim[0]), PixDim: f.PixDim, QFormCode: f.QFormCode, SFormCode: f.SFormCode,
		Quatern: f.Quatern, QOffset: f.QOffset, SRow: f.SRow, XYZTUnits: f.XYZTUnits}
	return h, nil
}

func widen(dst []float64, src []float32) {
	for i, x := range src {
		dst[i] = float64(x)
	}
}

// size3 returns the sizes of the three spatial axes, and which of the header's axes the third one is. All other axes must have
// size 1. If axis 3 has size 1, a later axis may take its place, because some programs save slices as time points.
func (h *niftiHeader) size3() (dim [3]int, third int, err error) {
	dim, third = [3]int{1, 1, 1}, 3
	n := h.dim[0]
	if n < 2 || n > 7 {
		return dim, third, fmt.Errorf("NIfTI: dim[0] = %d, want 2 to 7 dimensions", n)
	}
	for i := int64(1); i <= n; i++ {
		d := h.dim[i]
		if d == 0 && i > 2 { // an unused axis; nifticlib also treats 0 as 1
			d = 1
		}
		switch {
		case d <= 0:
			return dim, third, fmt.Errorf("NIfTI: dim[%d] = %d: sizes must be positive", i, d)
		case d > maxVoxels:
			return dim, third, fmt.Errorf("NIfTI: dim[%d] = %d is more than a volume may have (corrupt header?)", i, d)
		case i <= 3:
			dim[i-1] = int(d)
		case d > 1 && dim[2] == 1 && third == 3:
			dim[2], third = int(d), int(i)
		case d > 1:
			return dim, third, fmt.Errorf("NIfTI: the file holds %d volumes (dim[%d] = %d), want one: extract one first (for example fslroi, or nibabel's img.slicer[..., 0])", d, i, d)
		}
	}
	return dim, third, nil
}

// kind returns the type of the voxels (NIfTI-1 field datatype). Color, complex and 128-bit types are refused.
func (h *niftiHeader) kind() (sampleKind, error) {
	switch h.datatype {
	case 2:
		return kindUint8, nil
	case 4:
		return kindInt16, nil
	case 8:
		return kindInt32, nil
	case 16:
		return kindFloat32, nil
	case 64:
		return kindFloat64, nil
	case 256:
		return kindInt8, nil
	case 512:
		return kindUint16, nil
	case 768:
		return kindUint32, nil
	case 1024:
		return kindInt64, nil
	case 1280:
		return kindUint64, nil
	case 128, 2304:
		return 0, errors.New("NIfTI: the voxels are RGB colors, want one number per voxel: convert to gray first")
	case 32, 1792, 2048:
		return 0, errors.New("NIfTI: the voxels are complex numbers: save their magnitude first")
	case 1, 1536:
		return 0, fmt.Errorf("NIfTI: voxels of datatype %d (1-bit or 128-bit) are not supported: save them as float32 first", h.datatype)
	}
	return 0, fmt.Errorf("NIfTI: unknown datatype code %d", h.datatype)
}

// datatypeOf returns the datatype code of a type of voxels.
func datatypeOf(k sampleKind) int16 {
	return map[sampleKind]int16{kindUint8: 2, kindInt16: 4, kindInt32: 8, kindFloat32: 16, kindFloat64: 64,
		kindInt8: 256, kindUint16: 512, kindUint32: 768, kindInt64: 1024, kindUint64: 1280}[k]
}

// scaling returns scl_slope and scl_inter. As in nibabel, a slope that is 0 or not finite means
// that values are not rescaled.
func (h *niftiHeader) scaling() (slope, inter float64, err error) {
	if h.slope == 0 || math.IsNaN(h.slope) || math.IsInf(h.slope, 0) {
		return 1, 0, nil
	}
	if math.IsNaN(h.inter) || math.IsInf(h.inter, 0) {
		return 0, 0, fmt.Errorf("NIfTI: scl_inter is %g with scl_slope %g: corrupt header", h.inter, h.slope)
	}
	return h.slope, h.inter, nil
}

// dataStart returns the byte at which the voxels start.
func (h *niftiHeader) dataStart() (int64, error) {
	least := int64(0)
	if !h.pair {
		least = nifti1Voxels
		if h.frame.Version == 2 {
			least = nifti2Voxels
		}
		if h.voxOffset == 0 { // some programs write 0 for "right after the header"
			return least, nil
		}
	}
	if !(h.voxOffset >= float64(least) && h.voxOffset < 1<<40) || h.voxOffset != math.Trunc(h.voxOffset) {
		return 0, fmt.Errorf("NIfTI: vox_offset is %g, want a whole number of at least %d: corrupt header", h.voxOffset, least)
	}
	return int64(h.voxOffset), nil
}
