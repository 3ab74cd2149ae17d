package volume

// How CT is recognized if the file states no modality, in Hounsfield units.
const (
	airLo    = -1100 // the range of air with noise, and of lung
	airHi    = -850
	airPart  = 0.002 // smallest share of voxels that are air
	belowAir = 0.002 // largest share of voxels below air, apart from padding
	ctBody   = -500  // denser voxels belong to the body
)

// LooksLikeCT reports whether the volume is CT: by its DICOM modality or, if the file states none (NIfTI, NRRD, MetaImage), by
// its air. Some voxels are then near -1000 HU, and nearly none below, apart from a padding value. Negative values alone are
// not enough: shifted or filtered MR has them, too.
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
