package report

import (
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
)

// faces are the montage's two typefaces.
type faces struct{ regular, bold font.Face }

func newFaces() (f faces, err error) {
	if f.regular, err = newFace(goregular.TTF, 14); err != nil {
		return f, err
	}
	f.bold, err = newFace(gobold.TTF, 15)
	return f, err
}

func newFace(ttf []byte, size float64) (font.Face, error) {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		return nil, err
	}
	const dotsPerInch = 72 // sizes are pixels
	return opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: dotsPerInch, Hinting: font.HintingFull})
}
