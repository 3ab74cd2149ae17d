package volume

import (
	"fmt"
	"strconv"
	"strings"
)

// WindowRule says how a volume's window is determined: "auto" or "" (AutoWindow), "paper" (PaperWindow), a named CT window
// ("lung", "soft", "bone", "brain"), or two intensities "LO,HI". A model stores the rule that it was trained with.
type WindowRule string

// The rules that depend on the volume.
const (
	WindowAuto  WindowRule = "auto"
	WindowPaper WindowRule = "paper"
)

// namedWindows returns common windows of radiology, in Hounsfield units: width 1500 at -600, 400 at 40, 1800 at 400, 80 at 40.
func namedWindows() map[WindowRule]Window {
	return map[WindowRule]Window{"lung": {-1350, 150}, "soft": {-160, 240}, "bone": {-500, 1300}, "brain": {0, 80}}
}

// ParseWindowRule checks a rule and returns its canonical form: "AUTO" and "" become "auto", " -160 , 240" becomes "-160,240".
func ParseWindowRule(s string) (WindowRule, error) {
	rule := WindowRule(strings.ToLower(strings.TrimSpace(s)))
	switch _, named := namedWindows()[rule]; {
	case rule == "":
		return WindowAuto, nil
	case named, rule == WindowAuto, rule == WindowPaper:
		return rule, nil
	}
	w, err := rule.numbers()
	if err != nil {
		return "", fmt.Errorf("volume: window %q: want LO,HI with LO < HI, such as -160,240, or lung, soft, bone, brain (CT), paper or auto", s)
	}
	return WindowRule(strconv.FormatFloat(w.Lo, 'g', -1, 64) + "," + strconv.FormatFloat(w.Hi, 'g', -1, 64)), nil
}

// numbers reads "LO,HI".
func (r WindowRule) numbers() (w Window, err error) {
	lo, hi, ok := strings.Cut(string(r), ",")
	if !ok {
		return w, strconv.ErrSyntax
	}
	if w.Lo, err = strconv.ParseFloat(strings.TrimSpace(lo), 64); err != nil {
		return w, err
	}
	if w.Hi, err = strconv.ParseFloat(strings.TrimSpace(hi), 64); err != nil {
		return w, err
	}
	return w, w.Check()
}

// Of returns a volume's window. In addition to AutoWindow's errors, it returns one for an invalid rule, for a CT window if the
// header states another modality, and for a window in which the whole volume is black or white.
func (r WindowRule) Of(v *Volume) (Window, error) {
	rule, err := ParseWindowRule(string(r))
	if err != nil {
		return Window{}, err
	}
	switch rule {
	case WindowAuto:
		return AutoWindow(v)
	case WindowPaper:
		return PaperWindow(v)
	}
	if err := v.CheckFinite(); err != nil {
		return Window{}, err
	}
	w, named := namedWindows()[rule]
	if named && v.Modality != "" && v.Modality != "CT" {
		return Window{}, fmt.Errorf("volume: %s: the window %q is for CT, and the file says %s: give LO,HI instead", displayPath(v.Path), rule, v.Modality)
	}
	if !named {
		if w, err = rule.numbers(); err != nil {
			return Window{}, err
		}
	}
	switch lo, hi := v.Range(); {
	case lo == hi:
		return Window{}, v.constant(lo, false)
	case hi <= w.Lo || lo >= w.Hi:
		return Window{}, fmt.Errorf("volume: %s: the window %s (%g to %g) shows none of it: its intensities range from %g to %g", displayPath(v.Path), rule, w.Lo, w.Hi, lo, hi)
	}
	return w, nil
}
