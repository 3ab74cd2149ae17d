package checkpoint

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// zipOf packs records the way torch.save does: stored, in one folder.
func zipOf(t testing.TB, records map[string][]byte) []byte {
	t.Helper()
	return zipWithSums(t, records, func(name string) uint32 { return crc32.ChecksumIEEE(records[name]) })
}

// zipWithSums is zipOf with the checksums that sum returns.
func zipWithSums(t testing.TB, records map[string][]byte, sum func(name string) uint32) []byte {
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

// parseBytes is Read for a file in memory.
func parseBytes(data []byte) (*File, error) {
	return parse(bytes.NewReader(data), int64(len(data)), data[:min(16, len(data))])
}

// tensorOps returns the opcodes of a float32 view of storage "0", which claims numel elements. The arguments are opcodes,
// too.
func tensorOps(numel, offset, shape, stride string) string {
	return "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n" +
		"U\x010U\x03cpu" + numel + "tQ" + offset + shape + stride + "\x89}tR"
}

// good returns the opcodes of a valid tensor [4] over the 16 bytes of storage "0".
func good() string { return tensorOps("K\x04", "K\x00", "K\x04\x85", "K\x01\x85") }

// program returns the pickle {"model": {"w": good}, "x": value}.
func program(value string) []byte {
	return []byte("\x80\x02}(U\x05model}U\x01w" + good() + "sU\x01x" + value + "u.")
}

// readProgram reads a pickle as a zip checkpoint.
func readProgram(t testing.TB, pickle []byte) (*File, error) {
	return parseBytes(zipOf(t, map[string][]byte{"data.pkl": pickle, "data/0": make([]byte, 16)}))
}

// TestPicklesThatExecuteCodeAreRefused checks that every way to call something is refused by name.
func TestPicklesThatExecuteCodeAreRefused(t *testing.T) {
	for name, value := range map[string]string{
		"posix.system":                     "cposix\nsystem\n(U\x02idtR",
		"os.system":                        "cos\nsystem\nU\x02id\x85R",
		"builtins.eval":                    "cbuiltins\neval\nU\x011\x85R",
		"__builtin__.exec":                 "U\x0b__builtin__U\x04exec\x93U\x011\x85R",            // STACK_GLOBAL
		"subprocess.Popen":                 "](K\x01(}(U\x01kcsubprocess\nPopen\nU\x02id\x85Rute", // nested
		"torch.hub.load":                   "ctorch.hub\nload\n)R",                                // PyTorch's own
		"numpy.testing.runstring":          "cnumpy.testing\nrunstring\n)R",
		"functools.partial":                "cfunctools\npartial\ncos\nsystem\n\x85R",       // indirection
		"calls a class directly":           "(ios\nsystem\n",                                // INST
		`opcode 'o'`:                       "(cos\nsystem\nU\x02ido",                        // OBJ
		"extension registry":               "\x82\x01",                                      // EXT1
		"opcode 0x83":                      "\x83\x01\x00",                                  // EXT2
		"opcode 0x84":                      "\x84\x01\x00\x00\x00",                          // EXT4
		`"torch.storage._load_from_bytes"`: "ctorch.storage\n_load_from_bytes\nC\x01x\x85R", // a pickle in a pickle
		"copy_reg.__newobj_ex__":           "ccopy_reg\n__newobj_ex__\n)R",
		"builtins.getattr":                 "cbuiltins\ngetattr\n(cos\nsystem\nU\x08__call__tR",
		"webbrowser.open":                  "ccollections\nOrderedDict\n)R}U\x01acwebbrowser\nopen\n)Rsb", // inside BUILD state
		"runpy.run_path":                   "crunpy\nrun_path\nccollections\nOrderedDict\n)R\x85R",
	} {
		_, err := readProgram(t, program(value))
		require.ErrorIs(t, err, ErrUnsafe, name)
		require.ErrorContains(t, err, name)
	}
}

// TestUnknownClassesAreInert checks that classes that are only instantiated and filled do not run any code, not even
// __setstate__.
func TestUnknownClassesAreInert(t *testing.T) {
	for name, value := range map[string]string{
		"NEWOBJ and BUILD":  "cargparse\nNamespace\n)\x81}U\x02lrK\x01sb",
		"__setstate__":      "csubprocess\nPopen\n)\x81U\x02idb",
		"slots":             "cm\nC\n)\x81N}U\x01aK\x01s\x86b",
		"dict subclass":     "cm\nD\n)\x81U\x01aK\x01s",
		"list subclass":     "cm\nL\n)\x81K\x01a(K\x01K\x02e",
		"set":               "c__builtin__\nset\n](K\x01K\x02e\x85R",
		"NEWOBJ_EX":         "cm\nC\n)}\x92",
		"_reconstructor":    "ccopy_reg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR",
		"mention":           "cos\nsystem\n",
		"numpy scalar":      "cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02f8\x89\x88\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbU\x08\x00\x00\x00\x00\x00\x00\x00\x00\x86R",
		"recursive list":    "]q\x01h\x01a",
		"recursive dict":    "}q\x01U\x01xh\x01s",
		"very deep nesting": ")" + strings.Repeat("\x85", 200_000),
	} {
		f, err := readProgram(t, program(value))
		require.NoError(t, err, name)
		require.Len(t, f.Tensors, 1, name)
	}
}

// TestPicklesTakeLinearTime checks that what a pickle stores once and refers to often is not read or copied each
// time.
func TestPicklesTakeLinearTime(t *testing.T) {
	const many = 50_000
	ones := "(" + strings.Repeat("K\x01", many) + "t"
	_, err := readProgram(t, []byte("\x80\x02}U\x01w"+tensorOps("K\x04", "K\x00", ones, ones)+"s."))
	require.ErrorContains(t, err, "more than 64 dimensions")

	var named strings.Builder
	for i := range many {
		fmt.Fprintf(&named, "V%d\nh\x00", i)
	}
	var dictionary strings.Builder
	for i := range many {
		fmt.Fprintf(&dictionary, "V%d\nN", i)
	}
	began := time.Now()
	f, err := readProgram(t, []byte("\x80\x02}(U\x05model}U\x01w"+good()+"sU\x01d}("+dictionary.String()+"uq\x00"+named.String()+"u."))
	require.NoError(t, err)
	require.Len(t, f.Skipped, many+1)
	require.Less(t, time.Since(began), 20*time.Second)
}

// TestMalformedPickles checks that malformed pickles are errors.
func TestMalformedPickles(t *testing.T) {
	huge := "\xff\xff\xff\xff\xff\xff\xff\x3f"
	for name, pickle := range map[string]string{
		"empty":                 "",
		"no STOP":               "\x80\x02}",
		"stack underflow":       "\x80\x02.",
		"BINUNICODE of 4 GB":    "X\xff\xff\xff\xffabc.",
		"BINSTRING of -1":       "T\xff\xff\xff\xffabc.",
		"BINUNICODE8 of 2^62":   "\x8d" + huge + "a.",
		"BINBYTES8 of 2^62":     "\x8e" + huge + "a.",
		"FRAME of 2^62":         "\x95" + huge + "N.",
		"LONG4":                 "\x8b\xff\xff\xff\x7f.",
		"LONG1 of no bytes":     "\x8a\x00.",
		"opcode 0xff":           "\xff.",
		"protocol 9":            "\x80\x09N.",
		"PERSID":                "Pabc\n.",
		"persistent id":         "K\x01Q.",
		"persistent id module":  "U\x06moduleN\x86Q.",
		"memo that is not set":  "h\x05.",
		"dict with an odd item": "(K\x01d.",
		"unhashable key":        "ccollections\nOrderedDict\n)RC\x01aK\x01s.",
		"list as dict":          "]K\x01K\x02s.",
		"endless line":          "I" + strings.Repeat("1", 100_000) + "\n.",
		"too many opcodes":      strings.Repeat("N", maxPickleOps+1) + ".",
		"open marks":            strings.Repeat("(", 300_000) + ".",
		"not a dictionary":      "K\x01.",
		"storage of complex":    "}U\x01w" + strings.Replace(good(), "FloatStorage", "ComplexFloatStorage", 1) + "s.",
		"integer key":           "}U\x05model}K\x01" + good() + "ss.",
		"two sizes":             "}(U\x01v" + good() + "U\x01w" + tensorOps("K\x05", "K\x00", "K\x05\x85", "K\x01\x85") + "u.",
	} {
		_, err := readProgram(t, []byte(pickle))
		require.Error(t, err, name)
	}
}

// TestTensorsThatDoNotFit checks the errors for tensors that do not fit their storage or the file, without
// allocating their memory.
func TestTensorsThatDoNotFit(t *testing.T) {
	const tera = "\x8a\x06\x00\x00\x00\x00\x00\x01" // 2^40
	const most = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"
	for name, c := range map[string]struct{ ops, err string }{
		"storage larger than the file": {tensorOps(tera, "K\x00", "K\x04\x85", "K\x01\x85"), "does not fit in the file"},
		"storage of 2^63-1":            {tensorOps(most, "K\x00", "K\x04\x85", "K\x01\x85"), "corrupt"},
		"negative storage":             {tensorOps("J\xff\xff\xff\xff", "K\x00", "K\x04\x85", "K\x01\x85"), "without a key or a size"},
		"storage of another size":      {tensorOps("K\x03", "K\x00", "K\x03\x85", "K\x01\x85"), "the pickle says 12"},
		"expanded to 2^40":             {tensorOps("K\x04", "K\x00", tera+"\x85", "K\x00\x85"), "the file can hold at most"},
		"shape overflow":               {tensorOps("K\x04", "K\x00", tera+tera+"\x86", "K\x00K\x00\x86"), "overflows"},
		"negative dimension":           {tensorOps("K\x04", "K\x00", "J\xff\xff\xff\xff\x85", "K\x01\x85"), "negative dimension"},
		"one past the end":             {tensorOps("K\x04", "K\x01", "K\x04\x85", "K\x01\x85"), "beyond its storage"},
		"offset far away":              {tensorOps("K\x04", most, "K\x01\x85", "K\x01\x85"), "beyond its storage"},
		"negative offset":              {tensorOps("K\x04", "J\xff\xff\xff\xff", "K\x01\x85", "K\x01\x85"), "corrupt"},
		"stride overflow":              {tensorOps("K\x04", "K\x00", "K\x02K\x02\x86", most+most+"\x86"), "beyond its storage"},
		"negative stride":              {tensorOps("K\x04", "K\x03", "K\x02\x85", "J\xff\xff\xff\xff\x85"), "negative stride"},
		"shape without stride":         {tensorOps("K\x04", "K\x00", "K\x02\x85", ")"), "wrong type"},
		"shape of strings":             {tensorOps("K\x04", "K\x00", "U\x01a\x85", "K\x01\x85"), "wrong type"},
		"storage is missing":           {strings.Replace(good(), "U\x010", "U\x017", 1), "missing"},
	} {
		requireSmall(t, name, func() {
			_, err := readProgram(t, []byte("}U\x01w"+c.ops+"s."))
			require.ErrorContains(t, err, c.err, name)
		})
	}
}

// requireSmall fails if f allocates more than 64 MB in total.
func requireSmall(t *testing.T, name string, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), name)
}

// TestZipsThatAreNotCheckpoints checks the errors for other zip files.
func TestZipsThatAreNotCheckpoints(t *testing.T) {
	_, err := parseBytes(zipOf(t, map[string][]byte{"other": nil}))
	require.ErrorContains(t, err, "no data.pkl")
	_, err = parseBytes(zipOf(t, map[string][]byte{"data.pkl": program("N"), "constants.pkl": nil}))
	require.ErrorContains(t, err, "TorchScript")
	_, err = parseBytes(zipOf(t, map[string][]byte{"data.pkl": program("N"), "byteorder": []byte("big")}))
	require.ErrorContains(t, err, "byte order")

	var bomb bytes.Buffer
	w := zip.NewWriter(&bomb)
	r, err := w.Create("a/data.pkl")
	require.NoError(t, err)
	_, err = r.Write(bytes.Repeat([]byte("N"), 1<<20))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	_, err = parseBytes(bomb.Bytes())
	require.ErrorContains(t, err, "compressed")
}

// TestOtherKindsOfFile checks the errors for files that are not checkpoints.
func TestOtherKindsOfFile(t *testing.T) {
	for want, data := range map[string]string{
		"empty":                 "",
		"Git LFS pointer":       "version https://git-lfs.github.com/spec/v1\n",
		"HTML":                  "<!DOCTYPE html><html>",
		"neither":               "\x89PNG\r\n\x1a\n0000000000",
		"zip directory":         "PK\x03\x04 and no more",
		"not one of torch.save": "\x80\x02}.",
	} {
		_, err := parseBytes([]byte(data))
		require.ErrorContains(t, err, want)
	}
	_, err := Read(t.TempDir())
	require.ErrorContains(t, err, "not a regular file")
}
