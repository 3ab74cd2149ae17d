package volume

// What tells CT where the file names no modality, in Hounsfield units.
const (
	airLo    = -1100 // air with noise, and lung
	airHi    = -850
	airPart  = 0.002 // of the voxels, at least
	belowAir = 0.002 // part of the voxels that may lie below air without being padding
	ctBody   = -500  // what is denser is body
)

// LooksLikeCT reports whether the volume is CT: by its DICOM modality, or, where the file names none (NIfTI, NRRD,
// MetaImage), by its air: a share of the voxels near -1000 HU, and nothing below but one padding value. A negative value
// alone means nothing: MR that was shifted or filtered has them too.
func (v *Volume) LooksLikeCT() bool {
	if v.Modality != "" {
		return v.Modality == "CT"
	}
	lowest, _ := v.Range()
	if lowest > airHi {
		return false
	}
	air, below, n := 0, 0, len(v.Data)
	for _, x := range v.Data {
		switch y := float64(x); {
		case y == lowest && lowest < airLo: // padding, perhaps
			n--
		case y < airLo:
			below++
		case y <= airHi:
			air++
		}
	}
	return float64(air) >= airPart*float64(n) && float64(below) <= belowAir*float64(n)
}
