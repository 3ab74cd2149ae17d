package volume

import (
	"crypto/sha256"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
)

// DICOMSeries describes the series that a segmentation refers to: its patient and study, and the instance that holds each slice.
type DICOMSeries struct {
	owner       dicom.Set // elements of patient, study and frame of reference
	uid         string    // SeriesInstanceUID
	placed      bool      // whether the slices have positions
	rows, cols  int
	right, down [3]float64 // LPS directions
	spacing     [2]float64 // mm between columns, between rows
	thickness   float64    // mm
	slices      []dicomInstance
}

// dicomInstance is the instance that holds a slice.
type dicomInstance struct {
	class, uid string     // of the SOP
	frame      int        // from 1; 0 if the instance holds a single slice
	position   [3]float64 // LPS mm, as stated in the file
}

// ownerElements lists the elements of patient, study and frame of reference that a segmentation repeats, with their value
// representations, and whether they are required even if they are empty (type 2, PS3.5 7.4.3).
var ownerElements = []struct {
	tag      dicom.Tag
	vr       string
	required bool
}{
	{tagCharacterSet, "CS", false},
	{0x00080020, "DA", true}, {0x00080030, "TM", true}, {0x00080050, "SH", true}, {0x00080090, "PN", true},
	{0x00080201, "SH", false}, {0x00081030, "LO", false},
	{0x00100010, "PN", true}, {0x00100020, "LO", true}, {0x00100030, "DA", true}, {0x00100040, "CS", true},
	{0x00101010, "AS", false}, {0x00101020, "DS", false}, {0x00101030, "DS", false},
	{tagStudyUID, "UI", true}, {0x00200010, "SH", true}, {tagFrameOfReference, "UI", true}, {0x00201040, "LO", true},
}

const (
	tagCharacterSet     dicom.Tag = 0x00080005
	tagStudyUID         dicom.Tag = 0x0020000d
	tagFrameOfReference dicom.Tag = 0x00200052
)

// seriesOwner copies the elements that a segmentation must repeat.
func seriesOwner(d *dicom.DataSet) dicom.Set {
	owner := dicom.Set{}
	for _, e := range ownerElements {
		owner.Copy(d, e.tag, e.vr, e.required)
		if f, ok := owner[e.tag]; ok && !validDate(e.vr, d.Text(e.tag)) { // anonymizers write 00000000
			f.Value = nil
			owner[e.tag] = f
		}
		if f := owner[e.tag]; e.vr == "SH" && utf8.RuneCount(f.Value) > longestShort {
			f.Value = firstRunes(f.Value, longestShort)
			owner[e.tag] = f
		}
	}
	return owner
}

// longestShort is the maximum number of characters of a short string (SH, PS3.5 table 6.2-1).
const longestShort = 16

// firstRunes returns the first n characters of a UTF-8 text. In text that is not UTF-8, each byte counts as one.
func firstRunes(text []byte, n int) []byte {
	end := 0
	for range n {
		_, size := utf8.DecodeRune(text[end:])
		end += size
	}
	return text[:end]
}

// validDate reports whether a date (DA) or time (TM) is valid. Other values, and empty ones, always are.
func validDate(vr, text string) bool {
	layout := map[string]string{"DA": "20060102", "TM": "150405"}[vr]
	if layout == "" || text == "" {
		return true
	}
	whole, _, _ := strings.Cut(text, ".")
	_, err := time.Parse(layout[:min(len(layout), len(whole))], whole)
	return err == nil
}

// seriesOf describes the series of a sorted stack.
func seriesOf(stack []*dicomFrame) *DICOMSeries {
	first := stack[0]
	series := &DICOMSeries{owner: first.file.owner, uid: first.file.series, placed: first.placed, rows: first.rows, cols: first.cols,
		right: first.right, down: first.down, spacing: first.spacing, thickness: first.thickness}
	perFile := map[*dicomFile]int{}
	for _, s := range stack {
		perFile[s.file]++
	}
	for _, s := range stack {
		i := dicomInstance{class: s.file.class, uid: s.file.instance, position: s.position}
		if perFile[s.file] > 1 {
			i.frame = s.index + 1
		}
		series.slices = append(series.slices, i)
	}
	return series
}

// unicodeCharacters is the defined term for UTF-8 (PS3.3 C.12.1.1.2).
const unicodeCharacters = "ISO_IR 192"

// plainOwner reports whether the copied elements are valid as UTF-8: their character set is UTF-8, or they are ASCII.
func (s *DICOMSeries) plainOwner() bool {
	if strings.Trim(string(s.owner[tagCharacterSet].Value), " ") == unicodeCharacters {
		return true
	}
	for _, f := range s.owner {
		for _, b := range f.Value {
			if b >= 0x80 || b == 0x1b { // another character set, or an escape sequence to one
				return false
			}
		}
	}
	return true
}

// encode returns a name in the character set of the segmentation: UTF-8, or else ASCII, which all character sets share.
func (s *DICOMSeries) encode(name string) string {
	if s.plainOwner() {
		return name
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x80 {
			return '?'
		}
		return r
	}, name)
}

// decodeName decodes a name in an unknown character set: as UTF-8 if it is valid, else as Latin-1.
func decodeName(raw string) string {
	if utf8.ValidString(raw) {
		return raw
	}
	runes := make([]rune, len(raw))
	for i := range len(raw) {
		runes[i] = rune(raw[i])
	}
	return string(runes)
}

// derivedUID returns a UID derived from text by way of a UUID of its hash (PS3.5 B.2). Equal texts give equal UIDs.
func derivedUID(text string) string {
	hash := sha256.Sum256([]byte(text))
	sum := hash[:16]
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // version 8 (custom), variant 1
	return "2.25." + new(big.Int).SetBytes(sum).String()
}
