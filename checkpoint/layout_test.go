package checkpoint

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlainKeys checks which prefixes of keys are removed.
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
		{"layer.a", "layer.b"},                       // the state of another model
		{"_orig_mod.a", "a"},                         // two keys would become the same
		{"my_image_encoder.a", "my_image_encoder.b"}, // a different name
		{},
	} {
		require.Equal(t, keep, plainKeys(keep))
	}
	require.Equal(t, []string{"a", "b"}, plainKeys([]string{"module.a", "module.b"}))
}

// TestTensorsOfOtherClasses checks that the tensor within a tensor of another class is read, and that nothing else
// is called.
func TestTensorsOfOtherClasses(t *testing.T) {
	inner := "ctorch._utils\n_rebuild_tensor_v2\n"
	arguments := "((X\x07\x00\x00\x00storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04tQK\x00K\x04\x85K\x01\x85\x89}t"
	wrapped := func(function, class, state string) []byte {
		return []byte("\x80\x02}U\x01w" + "ctorch._tensor\n_rebuild_from_type_v2\n(" + function + class + arguments + state + "tRs.")
	}
	for name, pickle := range map[string][]byte{
		"attributes": wrapped(inner, "ctorch\nTensor\n", "}U\x04noteU\x01xs"),
		"a subclass": wrapped(inner, "cmonai.data.meta_tensor\nMetaTensor\n", "N"),
		"any state":  wrapped(inner, "cm\nC\n", "cos\nsystem\n"),
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

// TestFilesWithoutChecksums checks that a file without any valid checksum is read, because it was saved like that,
// while a single wrong checksum means damage.
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

// TestOnlyWeights checks that a dictionary under an unknown key is read as the weights if it is the only one.
func TestOnlyWeights(t *testing.T) {
	one := "}U\x0fnetwork_weights}U\x01w" + good() + "ss."
	f, err := readProgram(t, []byte("\x80\x02"+one))
	require.NoError(t, err)
	require.Contains(t, f.Tensors, "w")
	two := "}(U\x01a}U\x01w" + good() + "sU\x01b}U\x01w" + good() + "su."
	_, err = readProgram(t, []byte("\x80\x02"+two))
	require.ErrorContains(t, err, `"a", "b"`)
}

// TestForeignLayout checks which other models' states are recognized.
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
