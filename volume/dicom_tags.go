package volume

import "github.com/seed-6f79f512/slmsam/volume/dicom"

// Elements that say where an image is in space and what it belongs to.
const (
	tagImageType        dicom.Tag = 0x00080008
	tagModality         dicom.Tag = 0x00080060
	tagSeriesName       dicom.Tag = 0x0008103e
	tagSliceThickness   dicom.Tag = 0x00180050
	tagSliceSpacing     dicom.Tag = 0x00180088
	tagImagerSpacing    dicom.Tag = 0x00181164
	tagScannedSpacing   dicom.Tag = 0x00182010
	tagSeriesUID        dicom.Tag = 0x0020000e
	tagInstanceNumber   dicom.Tag = 0x00200013
	tagPosition         dicom.Tag = 0x00200032
	tagOrientation      dicom.Tag = 0x00200037
	tagSliceLocation    dicom.Tag = 0x00201041
	tagPixelSpacing     dicom.Tag = 0x00280030
	tagRescaleIntercept dicom.Tag = 0x00281052
	tagRescaleSlope     dicom.Tag = 0x00281053
	tagFrameOffsets     dicom.Tag = 0x3004000c
	tagDoseScaling      dicom.Tag = 0x3004000e
	tagDetectors        dicom.Tag = 0x00540022
	tagSharedGroups     dicom.Tag = 0x52009229
	tagFrameGroups      dicom.Tag = 0x52009230
	seqPixelMeasures    dicom.Tag = 0x00289110
	seqPlanePosition    dicom.Tag = 0x00209113
	seqPlaneOrientation dicom.Tag = 0x00209116
	seqTransformation   dicom.Tag = 0x00289145
	seqFrameContent     dicom.Tag = 0x00209111
	seqPlaneInVolume    dicom.Tag = 0x0020930e // PlanePositionVolumeSequence: positions in a volume without a patient frame
)

// frameMarks lists the elements that distinguish frames at the same place: the functional group sequence that may contain the
// element in a multi-frame file, the element, and its name for people.
var frameMarks = []struct {
	sequence, tag dicom.Tag
	name          string
}{
	{seqFrameContent, 0x00209056, "stack"},
	{0x00189114, 0x00189082, "echo time"},
	{0, 0x00180081, "echo time"},
	{0, 0x00180086, "echo"},
	{0x00189117, 0x00189087, "b-value"},
	{seqFrameContent, 0x00209128, "time point"},
	{0, 0x00200100, "time point"},
	{0x00189118, 0x00209241, "cardiac phase"},
	{0, 0x00181060, "trigger time"},
	{0x00189226, 0x00089007, "image type"},
	{0x00189329, 0x00089007, "image type"},
	{0, tagImageType, "image type"},
	{0, 0x00200012, "acquisition"},
	{0, 0x00080032, "acquisition time"},
	{0, 0x00080033, "content time"},
}
