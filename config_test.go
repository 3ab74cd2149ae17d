package slmsam_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// officialKeys reads a recorded list of state-dict entries and returns each name's shape, such as "7x1x1x64".
func officialKeys(t *testing.T, name string) map[string]string {
	t.Helper()
	path := filepath.Join(golden.Dir(t), "keys", name+"_keys.tsv")
	if !golden.Exists(path) {
		t.Skipf("the fixture folder has no keys/%s_keys.tsv", name)
	}
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	keys := map[string]string{}
	lines := bufio.NewScanner(file)
	lines.Scan() // header
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		keys[fields[0]] = fields[2]
	}
	require.NoError(t, lines.Err())
	return keys
}

// declaredKeys returns the shapes of a model's parameters by name, as officialKeys does.
func declaredKeys(t *testing.T, c slmsam.Config) map[string]string {
	t.Helper()
	dev := cpu.New(1)
	defer dev.Close()
	m, err := slmsam.New(dev, c)
	require.NoError(t, err)
	keys := map[string]string{}
	for _, p := range m.Params.All() {
		keys[p.Name] = strings.Trim(strings.ReplaceAll(fmt.Sprint(p.Shape), " ", "x"), "[]")
	}
	return keys
}

// TestKeys checks that our parameters have the names and shapes of those in the official checkpoints. SAM 2.1 lacks only
// the short memory.
func TestKeys(t *testing.T) {
	t.Run("SLM-SAM 2 tiny", func(t *testing.T) {
		require.Equal(t, officialKeys(t, "slm_sam2_tiny"), declaredKeys(t, slmsam.Tiny()))
	})
	for name, c := range map[string]slmsam.Config{"tiny": slmsam.Tiny(), "small": slmsam.Small(), "base_plus": slmsam.BasePlus(), "large": slmsam.Large()} {
		t.Run("SAM 2.1 "+name, func(t *testing.T) {
			want, got := officialKeys(t, "sam2.1_"+name), declaredKeys(t, c)
			for key, shape := range want {
				require.Equal(t, shape, got[key], key)
			}
			for key := range got {
				if _, ok := want[key]; !ok {
					require.True(t, checkpoint.IsShortMemory(key), key)
				}
			}
		})
	}
}

// TestConfigRoundTrip checks that every preset is valid and survives being written and read.
func TestConfigRoundTrip(t *testing.T) {
	for _, name := range slmsam.Presets() {
		c, err := slmsam.Preset(name)
		require.NoError(t, err)
		require.NoError(t, c.Validate())
		data, err := json.Marshal(c)
		require.NoError(t, err)
		back, err := slmsam.ParseConfig(data)
		require.NoError(t, err)
		require.Equal(t, c, back)
	}
}

// TestConfigErrors checks that a bad configuration is refused with a message that names what is wrong.
func TestConfigErrors(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"not JSON":       {"image_size: 1024", "invalid character"},
		"unknown key":    {`{"image_size": 256, "color": 1}`, "color"},
		"no trunk":       {`{"image_size": 256}`, "embed_dim"},
		"odd image size": {strings.Replace(configJSON(t, slmsam.Nano()), `"image_size":256`, `"image_size":250`, 1), "multiple of"},
		"bad memory":     {strings.Replace(configJSON(t, slmsam.Nano()), "M7+R1", "X3", 1), "want M7, R7"},
		"wide refiner":   {strings.Replace(configJSON(t, slmsam.Nano()), `"image_size":256`, `"image_size":256,"refiner_width":300`, 1), "refiner_width 300"},
		"two values":     {configJSON(t, slmsam.Nano()) + "{}", "more than one"},
	} {
		_, err := slmsam.ParseConfig([]byte(c.data))
		require.ErrorContains(t, err, c.want, name)
	}
	_, err := slmsam.Preset("huge")
	require.ErrorContains(t, err, "nano")
}

// configJSON returns a configuration as a file holds it.
func configJSON(t *testing.T, c slmsam.Config) string {
	t.Helper()
	data, err := json.Marshal(c)
	require.NoError(t, err)
	return string(data)
}
