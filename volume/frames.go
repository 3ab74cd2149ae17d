package volume

import (
	"slices"
	"strings"
)

// byName places the slices of a mask by their names, if they match names of the image's slices.
func (m *matching) byName() (p place, ok bool) {
	if m.image.Frames == nil || m.mask.Frames == nil || m.image.Dim[0] != m.mask.Dim[0] || m.image.Dim[1] != m.mask.Dim[1] {
		return p, false
	}
	if slices.Equal(m.image.Frames, m.mask.Frames) {
		return place{placement: inPlace()}, true
	}
	for _, key := range []func(string) string{strings.ToLower, withoutRole, withoutZeros} {
		frames := matchFrames(m.image.Frames, m.mask.Frames, key)
		if len(frames) == len(m.image.Frames) && slices.IsSorted(frames) {
			return place{placement: inPlace()}, true
		}
		if frames != nil {
			m.note("placed by name: %s is slice %d", m.mask.Frames[0], frames[0])
			return place{frames: frames, across: 2}, true
		}
	}
	return p, false
}

// matchFrames returns the image slice for each mask slice, matched by a key of their names; nil unless the match is unique.
func matchFrames(image, mask []string, key func(string) string) []int {
	at := map[string]int{}
	for i, name := range image {
		if _, twice := at[key(name)]; twice {
			return nil
		}
		at[key(name)] = i
	}
	var frames []int
	for _, name := range mask {
		i, ok := at[key(name)]
		if !ok || slices.Contains(frames, i) {
			return nil
		}
		frames = append(frames, i)
	}
	return frames
}

// withoutRole removes what programs add to a slice's name to name its mask or image.
func withoutRole(name string) string {
	name = strings.ToLower(name)
	for _, role := range []string{"segmentation", "labels", "label", "mask", "seg", "gt", "image", "img"} {
		for _, sign := range []string{"_", "-", "."} {
			name = strings.TrimSuffix(name, sign+role)
			name = strings.TrimPrefix(name, role+sign)
		}
	}
	return name
}

// withoutZeros also gives frame7 and frame_0007 the same key.
func withoutZeros(name string) string {
	var out strings.Builder
	for name = withoutRole(name); name != ""; {
		n := digits(name)
		if n == 0 {
			if c := name[0]; c != '_' && c != '-' && c != ' ' {
				out.WriteByte(c)
			}
			name = name[1:]
			continue
		}
		number := strings.TrimLeft(name[:n], "0")
		out.WriteString("#" + number)
		name = name[n:]
	}
	return out.String()
}
