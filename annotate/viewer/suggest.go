package viewer

import (
	"net/http"

	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// hint is a box or clicks on a slice, in pixels. The first pixel's center is at (0, 0).
type hint struct {
	Slice  int         `json:"slice"`
	Plane  string      `json:"plane"` // the outline that the clicks correct, 1 inside (project.EncodePlane); empty: none
	Box    *[4]float64 `json:"box"`   // x0, y0, x1, y1
	Clicks []struct {
		X    float64 `json:"x"`
		Y    float64 `json:"y"`
		Away bool    `json:"away"`
	} `json:"clicks"`
}

// suggest replies with the model's outline for a box or clicks on one slice.
func (s *server) suggest(w http.ResponseWriter, r *http.Request, d *project.Document) error {
	var ask hint
	if err := web.ReadJSONWith(w, r, d.MaxPlane(), &ask); err != nil {
		return err
	}
	h := project.Hint{Slice: ask.Slice}
	if ask.Plane != "" {
		pix, err := d.Plane(ask.Plane)
		if err != nil {
			return err
		}
		h.Mask = make([]bool, len(pix))
		for i, on := range pix {
			h.Mask[i] = on != 0
		}
	}
	if b := ask.Box; b != nil {
		h.Box = &project.Box{X0: b[0], Y0: b[1], X1: b[2], Y1: b[3]}
	}
	for _, c := range ask.Clicks {
		h.Clicks = append(h.Clicks, project.Click(c))
	}
	mask, err := s.project.Suggest(r.Context(), d, h)
	if err != nil {
		return err
	}
	plane := ""
	if mask != nil {
		pix := make([]uint8, len(mask))
		for i, on := range mask {
			if on {
				pix[i] = 1
			}
		}
		plane = project.EncodePlane(pix)
	}
	web.JSON(w, http.StatusOK, map[string]string{"plane": plane})
	return nil
}
