package dicom

import "strings"

// Transfer syntaxes that this package unpacks itself, and one that needs special treatment.
const (
	SyntaxImplicit  = "1.2.840.10008.1.2"
	SyntaxExplicit  = "1.2.840.10008.1.2.1"
	SyntaxDeflated  = "1.2.840.10008.1.2.1.99"
	SyntaxBigEndian = "1.2.840.10008.1.2.2"
	SyntaxRLE       = "1.2.840.10008.1.2.5"
	syntaxExtended  = "1.2.840.10008.1.2.4.51"
)

// jpegSyntaxes are the transfer syntaxes that GDCM unpacks, with names for people.
var jpegSyntaxes = map[string]string{
	"1.2.840.10008.1.2.4.50": "JPEG baseline", syntaxExtended: "JPEG extended",
	"1.2.840.10008.1.2.4.57": "JPEG lossless", "1.2.840.10008.1.2.4.70": "JPEG lossless, first-order prediction",
	"1.2.840.10008.1.2.4.80": "JPEG-LS lossless", "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
	"1.2.840.10008.1.2.4.90": "JPEG 2000 lossless", "1.2.840.10008.1.2.4.91": "JPEG 2000",
}

// foreignSyntaxes are known transfer syntaxes that are not supported.
var foreignSyntaxes = map[string]string{
	"1.2.840.10008.1.2.4.92": "JPEG 2000 part 2 lossless", "1.2.840.10008.1.2.4.93": "JPEG 2000 part 2",
	"1.2.840.10008.1.2.4.94": "JPIP referenced", "1.2.840.10008.1.2.4.95": "JPIP referenced, deflated",
	"1.2.840.10008.1.2.4.100": "MPEG-2", "1.2.840.10008.1.2.4.101": "MPEG-2",
	"1.2.840.10008.1.2.4.102": "MPEG-4", "1.2.840.10008.1.2.4.103": "MPEG-4", "1.2.840.10008.1.2.4.107": "HEVC", "1.2.840.10008.1.2.4.108": "HEVC",
	"1.2.840.10008.1.2.4.110": "JPEG XL lossless", "1.2.840.10008.1.2.4.111": "JPEG XL", "1.2.840.10008.1.2.4.112": "JPEG XL",
	"1.2.840.10008.1.2.4.201": "HTJ2K lossless", "1.2.840.10008.1.2.4.202": "HTJ2K lossless", "1.2.840.10008.1.2.4.203": "HTJ2K",
	"1.2.840.10008.1.2.8.1": "deflated frames",
}

// SyntaxName returns the name of a transfer syntax for people: "JPEG 2000 (1.2.840.10008.1.2.4.91)".
func SyntaxName(uid string) string {
	for _, names := range []map[string]string{jpegSyntaxes, foreignSyntaxes,
		{SyntaxImplicit: "implicit little-endian", SyntaxExplicit: "explicit little-endian", SyntaxDeflated: "deflated",
			SyntaxBigEndian: "big-endian", SyntaxRLE: "RLE"}} {
		if name, ok := names[uid]; ok {
			return name + " (" + uid + ")"
		}
	}
	return "transfer syntax " + uid
}

// native reports whether a transfer syntax stores pixels uncompressed.
func native(uid string) bool {
	switch uid {
	case SyntaxImplicit, SyntaxExplicit, SyntaxDeflated, SyntaxBigEndian:
		return true
	}
	return !strings.HasPrefix(uid, "1.2.840.10008.1.2.") // private syntaxes of vendors (GE, Papyrus) are uncompressed and little-endian
}
