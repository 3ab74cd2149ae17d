package checkpoint

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlainKeys(t *testing.T) {
	want := []string{"image_encoder.trunk.pos_embed", "memory_attention.norm.weight", "maskmem_tpos_enc"}
	for _, prefix := range []string{"", "module.", "model.", "_orig_mod.", "module._orig_mod.", "sam2.model.", "net.module."} {
		var keys []string
		for _, k := range want {
			keys = append(keys, prefix+k)
		}
		require.Equal(t, want, plainKeys(keys), prefix)
	}
	require.Equal(t, want, plainKeys([]string{"image_encoder._orig_mod.trunk.pos_embed", "memory_attention._orig_mod.norm.weight", "maskmem_tpos_enc"}))
	for _, keep := range [][]string{
		{"module.image_encoder.a", "other.b"},        // not shared
		{"layer.a", "layer.b"},                       // a state of something else
		{"_orig_mod.a", "a"},                         // would fall together
		{"my_image_encoder.a", "my_image_encoder.b"}, // another name
		{},
	} {
		require.Equal(t, keep, plainKeys(keep))
	}
	require.Equal(t, []string{"a", "b"}, plainKeys([]string{"module.a", "module.b"}))
}

// TestTensorsOfOtherClasses: the inner tensor is taken, nothing else is called.
func TestTensorsOfOtherClasses(t *testing.T) {
	inner := "ctorch._utils\n_rebuild_tensor_v2\n"
	arguments := "((X\x07\x00\x00\x00storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04tQK\x00K\x04\x85K\x01\x85\x89}t"
	wrapped := func(function, class, state string) []byte {
		return []byte("\x80\x02}U\x01w" + "ctorch._tensor\n_rebuild_from_type_v2\n(" + function + class + arguments + state + "tRs.")
	}
	for name, pickle := range map[string][]byte{
		"attributes":   wrapped(inner, "ctorch\nTensor\n", "}U\x04noteU\x01xs"),
		"a subclass":   wrapped(inner, "cmonai.data.meta_tensor\nMetaTensor\n", "N"),
		"state of any": wrapped(inner, "cm\nC\n", "cos\nsystem\n"),
	} {
		f, err := readProgram(t, pickle)
		require.NoError(t, err, name)
		require.Equal(t, []int{4}, f.Tensors["w"].Shape, name)
	}
	for name, pickle := range map[string][]byte{
		"another function": wrapped("cos\nsystem\n", "cm\nC\n", "N"),
		"within itself":    wrapped("ctorch._tensor\n_rebuild_from_type_v2\n", "cm\nC\n", "N"),
	} {
		_, err := readProgram(t, pickle)
		require.ErrorIs(t, err, ErrUnsafe, name)
	}
	_, err := readProgram(t, []byte("\x80\x02}U\x01wctorch._tensor\n_rebuild_from_type_v2\n)Rs."))
	require.ErrorContains(t, err, "0 arguments")
}

// zipWithSums stores records with the checksums that sum gives.
func zipWithSums(t *testing.T, records map[string][]byte, sum func(name string) uint32) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, data := range records {
		r, err := w.CreateRaw(&zip.FileHeader{Name: "a/" + name, Method: zip.Store, CRC32: sum(name),
			CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data))})
		require.NoError(t, err)
		_, err = r.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

// TestFilesWithoutChecksums: no checksum at all is how the file was saved, one wrong checksum is damage.
func TestFilesWithoutChecksums(t *testing.T) {
	records := map[string][]byte{"data.pkl": program("N"), "data/0": make([]byte, 16), "version": []byte("3\n"), "byteorder": []byte("little")}
	for name, sum := range map[string]func(string) uint32{
		"zero":    func(string) uint32 { return 0 },
		"garbage": func(name string) uint32 { return 0xdeadbeef + uint32(len(name)) },
	} {
		records["data/0"] = []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
		f, err := parseBytes(zipWithSums(t, records, sum))
		require.NoError(t, err, name)
		require.Len(t, f.Tensors, 1)
	}
	good := zipOf(t, records)
	at := bytes.Index(good, records["data/0"])
	good[at] ^= 1
	_, err := parseBytes(good)
	require.ErrorIs(t, err, zip.ErrChecksum)
}

func TestOnlyWeights(t *testing.T) {
	one := "}U\x0fnetwork_weights}U\x01w" + good() + "ss."
	f, err := readProgram(t, []byte("\x80\x02"+one))
	require.NoError(t, err)
	require.Contains(t, f.Tensors, "w")
	two := "}(U\x01a}U\x01w" + good() + "sU\x01b}U\x01w" + good() + "su."
	_, err = readProgram(t, []byte("\x80\x02"+two))
	require.ErrorContains(t, err, `"a", "b"`)
}

func TestForeignLayout(t *testing.T) {
	for key, want := range map[string]string{
		"vision_encoder.backbone.patch_embed.projection.weight": "transformers",
		"shared_image_embedding.positional_embedding":           "transformers",
		"image_encoder.blocks.0.attn.qkv.weight":                "SAM 1",
		"detector.backbone.x":                                   "SAM 3",
		"image_encoder.trunk.blocks.0.attn.qkv.weight":          "",
		"foo": "",
	} {
		got := ForeignLayout(map[string]*Tensor{key: constant(0, 1)})
		if want == "" {
			require.Empty(t, got, key)
		} else {
			require.Contains(t, got, want, key)
		}
	}
}
