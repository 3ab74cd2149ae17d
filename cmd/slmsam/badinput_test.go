package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"testing"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// badInput is a mistake in the input of slmsam propagate.
type badInput struct {
	name    string
	prepare func(t *testing.T, w *workspace) []string // changes the workspace and returns the arguments after the image
	says    []string                                  // what the error must contain
}

// TestBadInputIsAClearErrorAndLeavesNothing checks that no mistake gives a panic, output or a half-written file.
func TestBadInputIsAClearErrorAndLeavesNothing(t *testing.T) {
	for _, c := range append(badMasks(), append(badImages(), badModels()...)...) {
		t.Run(c.name, func(t *testing.T) {
			w := newWorkspace(t)
			out := w.path("out.nii.gz")
			args := c.prepare(t, &w)
			r := w.propagate(append(args, "-o", out)...)
			require.Equal(t, exitFailed, r.code, r.errors)
			for _, s := range c.says {
				require.Contains(t, r.errors, s)
			}
			require.NotContains(t, r.errors, "panic")
			require.Empty(t, r.out)
			w.requireClean(t, out)
		})
	}
}

// maskOf replaces the workspace's mask by a changed one.
func maskOf(change func(l *volume.LabelMap)) func(t *testing.T, w *workspace) []string {
	return func(t *testing.T, w *workspace) []string {
		l := testMask(testImage(), 6)
		change(l)
		require.NoError(t, volume.WriteLabelMap(w.mask, l, volume.WriteOptions{Force: true}))
		return []string{"--mask", w.mask}
	}
}

// badMasks lists masks and prompts that do not fit the image.
func badMasks() []badInput {
	withArgs := func(args ...string) func(*testing.T, *workspace) []string {
		return func(_ *testing.T, w *workspace) []string { return append(args, "--mask", w.mask) }
	}
	return []badInput{
		{"mask with other dimensions", maskOf(func(l *volume.LabelMap) {
			l.Dim = [3]int{12, 30, 10}
			l.Data = l.Data[:12*30*10]
			l.Geom = volume.GeometryFromAffine(l.Dim, l.Geom.Affine)
		}), []string{"mask.nii.gz", "dimensions", "12x30x10"}},
		{"mask with another origin", maskOf(func(l *volume.LabelMap) {
			a := testGeometry().Affine
			a[2][3] += 5
			l.Geom = volume.GeometryFromAffine(l.Dim, a)
		}), []string{"affine origin", "affine"}},
		{"mask with another spacing", maskOf(func(l *volume.LabelMap) {
			a := testGeometry().Affine
			for r := range 3 {
				a[r][0] *= 1.5
			}
			l.Geom = volume.GeometryFromAffine(l.Dim, a)
		}), []string{"affine spacing"}},
		{"empty mask", maskOf(func(l *volume.LabelMap) { clear(l.Data) }), []string{"mask.nii.gz", "empty"}},
		{"absent label", withArgs("--label", "2,9"), []string{"label 9", "2, 5"}},
		{"slice out of range", withArgs("--slice", "12"), []string{"slice 12", "0 to 11"}},
		{"slice without labels", withArgs("--slice", "3"), []string{"slice 3", "slices 6"}},
		{"range out of range", withArgs("--range", "3:40"), []string{"3:40", "0:12"}},
		{"range without the prompt", withArgs("--range", "7:12"), []string{"label 2", "slices 6", "7:12"}},
		{"missing mask", func(_ *testing.T, w *workspace) []string { return []string{"--mask", w.path("no.nii")} }, []string{"no.nii"}},
		{"mask of probabilities", func(t *testing.T, w *workspace) []string {
			v := testImage()
			v.Data[7] = 0.5
			require.NoError(t, volume.WriteVolume(w.mask, v, volume.WriteOptions{Force: true}))
			return []string{"--mask", w.mask}
		}, []string{"mask.nii.gz", "0.5"}},
		{"point on a slice out of range", func(*testing.T, *workspace) []string { return []string{"--point", "12,3,3"} }, []string{"slice 12", "0 to 11"}},
	}
}

// imageOf replaces the workspace's image by a changed one.
func imageOf(change func(v *volume.Volume)) func(t *testing.T, w *workspace) []string {
	return func(t *testing.T, w *workspace) []string {
		v := testImage()
		change(v)
		require.NoError(t, volume.WriteVolume(w.image, v, volume.WriteOptions{Force: true}))
		return []string{"--mask", w.mask}
	}
}

// imageBytes replaces the workspace's image by a damaged copy of the uncompressed file.
func imageBytes(damage func(nifti []byte) []byte) func(t *testing.T, w *workspace) []string {
	return func(t *testing.T, w *workspace) []string {
		data, err := os.ReadFile(w.image)
		require.NoError(t, err)
		plain, err := gzip.NewReader(bytes.NewReader(data))
		require.NoError(t, err)
		var all bytes.Buffer
		_, err = all.ReadFrom(plain)
		require.NoError(t, err)
		w.image = w.path("damaged.nii")
		require.NoError(t, os.WriteFile(w.image, damage(all.Bytes()), 0o644))
		return []string{"--mask", w.mask}
	}
}

// badImages lists images that cannot be used.
func badImages() []badInput {
	return []badInput{
		{"constant volume", imageOf(func(v *volume.Volume) {
			for i := range v.Data {
				v.Data[i] = 7
			}
		}), []string{"scan.nii.gz", "same value"}},
		{"constant volume with a window", func(t *testing.T, w *workspace) []string {
			return append(imageOf(func(v *volume.Volume) { clear(v.Data) })(t, w), "--window", "0,1")
		}, []string{"scan.nii.gz", "same value"}},
		{"NaN voxels", imageOf(func(v *volume.Volume) {
			for i := range v.Data {
				v.Data[i] = nan()
			}
		}), []string{"scan.nii.gz", "NaN"}},
		{"truncated image", imageBytes(func(b []byte) []byte { return b[:len(b)/2] }), []string{"damaged.nii"}},
		{"truncated header", imageBytes(func(b []byte) []byte { return b[:200] }), []string{"damaged.nii"}},
		{"header that promises terabytes", imageBytes(func(b []byte) []byte {
			for d := 1; d <= 3; d++ {
				binary.LittleEndian.PutUint16(b[40+2*d:], 32000) // dim[d]
			}
			return b
		}), []string{"damaged.nii"}},
		{"truncated compressed image", func(t *testing.T, w *workspace) []string {
			data, err := os.ReadFile(w.image)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(w.image, data[:len(data)-20], 0o644))
			return []string{"--mask", w.mask}
		}, []string{"scan.nii.gz"}},
		{"text file as image", func(t *testing.T, w *workspace) []string {
			w.image = w.path("notes.txt")
			require.NoError(t, os.WriteFile(w.image, []byte("hello"), 0o644))
			return []string{"--mask", w.mask}
		}, []string{"notes.txt"}},
		{"empty folder", func(t *testing.T, w *workspace) []string {
			w.image = w.path("series")
			require.NoError(t, os.Mkdir(w.image, 0o755))
			return []string{"--mask", w.mask}
		}, []string{"series"}},
	}
}

// badModels lists checkpoints and configurations that cannot be used.
func badModels() []badInput {
	modelBytes := func(name string, data []byte) func(*testing.T, *workspace) []string {
		return func(t *testing.T, w *workspace) []string {
			w.model = w.path(name)
			require.NoError(t, os.WriteFile(w.model, data, 0o644))
			return []string{"--mask", w.mask}
		}
	}
	return []badInput{
		{"no such checkpoint", func(_ *testing.T, w *workspace) []string {
			w.model = "nothing.pt"
			return []string{"--mask", w.mask}
		}, []string{"nothing.pt", "tiny"}},
		{"checkpoint of another architecture", func(t *testing.T, w *workspace) []string {
			w.model = w.path("resnet.safetensors")
			weight := checkpoint.NewF32(make([]float32, 4), 2, 2)
			require.NoError(t, checkpoint.WriteSafetensors(w.model, []checkpoint.Named{{Name: "conv1.weight", Tensor: weight}}, nil, checkpoint.Options{}))
			return []string{"--mask", w.mask}
		}, []string{"resnet.safetensors", "image_encoder.trunk"}},
		{"checkpoint of another size", func(t *testing.T, w *workspace) []string {
			file, err := checkpoint.Read(w.model)
			require.NoError(t, err)
			named := file.List()
			named[0].Name = "surplus.weight"
			require.NoError(t, checkpoint.WriteSafetensors(w.model, named, file.Metadata, checkpoint.Options{Force: true}))
			return []string{"--mask", w.mask}
		}, []string{"model.safetensors", "missing", "unexpected", "surplus.weight"}},
		{"truncated safetensors", func(t *testing.T, w *workspace) []string {
			data, err := os.ReadFile(w.model)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(w.model, data[:len(data)/2], 0o644))
			return []string{"--mask", w.mask}
		}, []string{"model.safetensors"}},
		{"pickle that would execute code", modelBytes("evil.pt", []byte("\x80\x02cposix\nsystem\nX\x06\x00\x00\x00whoami\x85R.")), []string{"evil.pt", "execute"}},
		{"weights with NaN", func(t *testing.T, w *workspace) []string {
			file, err := checkpoint.Read(w.model)
			require.NoError(t, err)
			file.Tensors["sam_mask_decoder.pred_obj_score_head.layers.2.bias"].Data[0] = nan()
			require.NoError(t, checkpoint.WriteSafetensors(w.model, file.List(), file.Metadata, checkpoint.Options{Force: true}))
			return []string{"--mask", w.mask}
		}, []string{"label 2", "NaN", "weights are damaged"}},
		{"configuration with an unknown key", func(t *testing.T, w *workspace) []string {
			path := w.path("config.json")
			require.NoError(t, os.WriteFile(path, []byte(`{"image_sise": 64}`), 0o644))
			return []string{"--mask", w.mask, "--config", path}
		}, []string{"config.json", "image_sise"}},
		{"memory beyond the model's", func(_ *testing.T, w *workspace) []string { return []string{"--mask", w.mask, "--memory", "M9"} }, []string{"M9", "7"}},
	}
}

// TestUnwritableOutputIsFoundBeforeTheWork checks that outputs that cannot be written are refused before anything is computed.
func TestUnwritableOutputIsFoundBeforeTheWork(t *testing.T) {
	w := newWorkspace(t)
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a file as folder":    {[]string{"-o", w.mask + "/out.nii.gz"}, "mask.nii.gz is a file, not a folder"},
		"unknown extension":   {[]string{"-o", w.path("out.jpg")}, "out.jpg"},
		"report into a file":  {[]string{"-o", w.path("out.nii.gz"), "--report", w.mask}, "mask.nii.gz is a file, not a folder"},
		"output is the image": {[]string{"-o", w.image}, "scan.nii.gz"},
	} {
		r := w.propagate(append(c.args, "--mask", w.mask)...)
		require.Equal(t, exitFailed, r.code, name)
		require.Contains(t, r.errors, c.says, name)
		require.NotContains(t, r.errors, "device:", name)
		w.requireClean(t, w.path("out.nii.gz"))
	}
}

// TestInputsAreNeverOverwritten checks that not even --force replaces the image or the mask.
func TestInputsAreNeverOverwritten(t *testing.T) {
	w := newWorkspace(t)
	for _, input := range []string{w.image, w.mask} {
		before, err := os.ReadFile(input)
		require.NoError(t, err)
		r := w.propagate("--mask", w.mask, "-o", input, "--force")
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.errors, "input")
		after, err := os.ReadFile(input)
		require.NoError(t, err)
		require.Equal(t, before, after)
	}
}

// TestWrongUsage checks that wrong command lines exit with 2, point to the help, and write nothing.
func TestWrongUsage(t *testing.T) {
	w := newWorkspace(t)
	for _, args := range [][]string{
		{"propagate"},
		{"propagate", w.image},
		{"propagate", w.image, "--mask", w.mask, "--nonsense"},
		{"propagate", w.image, "--box", "6,4,5,12,12", "--label", "1"},
		{"propagate", w.image, "--point", "6,4,5", "--slice", "6"},
		{"propagate", w.image, "--mask", w.mask, "--slice", "first"},
		{"propagate", w.image, "--mask", w.mask, "--label", "liver"},
		{"propagate", w.image, "--mask", w.mask, "--axis", "3"},
		{"propagate", w.image, "--mask", w.mask, "--range", "5"},
		{"propagate", w.image, "--mask", w.mask, "--window", "40,-40"},
		{"propagate", w.image, "--mask", w.mask, "--direction", "up"},
		{"propagate", w.image, "--mask", w.mask, "--memory", "M7+X1"},
		{"propagate", w.image, "--mask", w.mask, "--device", "tpu", "--checkpoint", w.model},
		{"propagate", w.image, "--mask", w.mask, "--threads", "-2", "--checkpoint", w.model},
		{"propagate", w.image, "--mask", w.mask, "--threads", "1000000000", "--checkpoint", w.model},
		{"propagate", w.image, "--mask", w.mask, "--device", "cpu", "--checkpoint", w.model, "--resolution", "100"},
		{"propagate", w.image, "--mask", w.mask, "--precision", "f8", "--checkpoint", w.model},
		{"propagate", w.image, "--mask", w.mask, "--precision", "bf16", "--device", "gpu", "--checkpoint", w.model},
		{"propagate", w.image, "--box", "6,4,5,12,12,4294967297"},
		{"propagate", w.image, "--mask", w.mask, "--present", "3:2:4"},
		{"propagate", w.image, "--mask", w.mask, "--absent", "-2:2:4"},
		{"weights", "pull", "huge"},
		{"convert", "a.pt"},
		{"convert", w.model, w.path("x.pt"), "--dtype", "f8"},
		{"bench", "--model", "huge", "--device", "cpu"},
		{"bench", "--slices", "0"},
		{"bench", "--count", "abacus"},
		{"bench", "--count", "discrete", "--precision", "bf16"},
		{"propagate", w.image, "--mask", w.mask, "--precision", "f16", "--device", "cpu", "--checkpoint", w.model},
		{"train", "generated", "--init", "fresh", "--model", "nano", "--precision", "f16", "--steps", "1", "-o", w.path("run")},
		{"bench", "--count", "discrete", "--device", "cpu"},
		{"train", "generated", "--kernels"},
		{"serve", "--monailabel-port", "70000"},
		{"serve", "--itksnap-port", "-1"},
		{"eval", "predictions", "truth"},
		{"ablate"},
		{"transmogrify"},
	} {
		r := slmsamRun(args...)
		require.Equal(t, exitUsage, r.code, "%v: %s", args, r.errors)
		require.Contains(t, r.errors, "--help", args)
		require.Empty(t, r.out, args)
	}
	w.requireClean(t, w.path("scan_slmsam.nii.gz"))
}
