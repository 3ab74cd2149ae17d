package viewer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume/dicom"
	"github.com/stretchr/testify/require"
)

// writeSeries writes a CT series of 3 slices.
func writeSeries(t *testing.T, dir string) {
	for z := range 3 {
		s := dicom.Set{}
		s.Text(dicom.TagSOPClass, "UI", "1.2.840.10008.5.1.4.1.1.2")
		s.Text(dicom.TagSOPInstance, "UI", fmt.Sprintf("1.2.3.%d", z+1))
		s.Text(0x00080060, "CS", "CT")
		s.Text(0x0020000d, "UI", "1.2.8")
		s.Text(0x0020000e, "UI", "1.2.9")
		s.Decimals(0x00200032, 0, 0, float64(3*z))
		s.Text(0x00200037, "DS", "1", "0", "0", "0", "1", "0")
		s.Text(0x00280030, "DS", "1", "1")
		for tag, n := range map[dicom.Tag]int{dicom.TagRows: 4, dicom.TagColumns: 5, dicom.TagBitsAllocated: 16, dicom.TagSamplesPerPixel: 1} {
			s.Short(tag, n)
		}
		raw := make([]byte, 2*4*5)
		for i := range raw {
			raw[i] = byte(i % 3)
		}
		s[dicom.TagPixels] = dicom.Field{VR: "OW", Value: raw}
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("IM%03d.dcm", z)), dicom.File(dicom.SyntaxExplicit, s), 0o600))
	}
}

// TestSeriesUpload uploads a DICOM series file by file, twice, and then forms that are refused.
func TestSeriesUpload(t *testing.T) {
	p := start(t, web.Guard{})
	dir := t.TempDir()
	writeSeries(t, dir)
	body := &bytes.Buffer{}
	form := multipart.NewWriter(body)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		part, err := form.CreateFormFile("files", "../../"+f.Name())
		require.NoError(t, err)
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		_, err = part.Write(data)
		require.NoError(t, err)
	}
	require.NoError(t, form.Close())
	var got struct{ ID string }
	for range 2 { // the second time, the series is already there
		status, raw := p.ask("POST", "/api/series?name=../CT", body.Bytes(), "Content-Type", form.FormDataContentType())
		require.Equal(t, 201, status, string(raw))
		require.NoError(t, json.Unmarshal(raw, &got))
	}
	require.Contains(t, string(p.ok(200, "GET", "/api/project", nil)), fmt.Sprintf(`{"id":%q,"name":"CT","state":"new"}`, got.ID))
	require.Contains(t, string(p.ok(200, "GET", "/api/volumes/"+got.ID, nil)), `".dcm"`, "DICOM SEG")
	left, err := os.ReadDir(p.dir)
	require.NoError(t, err)
	var names []string
	for _, e := range left {
		names = append(names, e.Name())
	}
	require.Equal(t, []string{".slmsam", "CT", "scan.nii.gz"}, names)

	for _, bad := range []string{"", "--x--\r\n", "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.dcm\"\r\n\r\nnothing\r\n--x--\r\n"} {
		status, raw := p.ask("POST", "/api/series?name=bad", []byte(bad), "Content-Type", "multipart/form-data; boundary=x")
		require.Equal(t, 400, status, string(raw))
		require.NotContains(t, string(raw), os.TempDir())
	}
}
