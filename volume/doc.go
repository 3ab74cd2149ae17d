// Package volume reads and writes medical volumes and prepares their slices for the model.
//
// In: NIfTI-1 and NIfTI-2 (.nii, .nii.gz, .hdr/.img), NRRD (.nrrd, .nhdr), MetaImage (.mha, .mhd),
// a folder with one DICOM series, a folder of PNG or JPEG slices; as masks also DICOM segmentations
// and contours, and 3D Slicer's segmentations. Out: label maps and images as NIfTI, NRRD, MetaImage
// or a folder of PNG slices, label maps also as segmentations of DICOM and of 3D Slicer, on the grid
// of the volume they belong to. docs/formats.md lists what is read, written and refused.
//
// Voxels are kept in file order, axis 0 fastest: index = x + Dim[0]*(y + Dim[1]*z). Positions are
// in millimeters in the RAS+ frame (x grows to the patient's right, y to the front, z to the head,
// as in NIfTI); DICOM, NRRD and MetaImage positions (LPS) are converted on the way in and out.
//
// Before it allocates memory, every reader checks what a header promises against the size of the
// file. Errors name the file, and bad input never causes a panic (see the fuzz targets).
//
// Where to start reading: volume.go (types, Read, ReadLabelMap), geometry.go (grids and their
// comparison), nifti.go (the reference format), window.go and resize_pil.go (the path from voxels
// to the model's input), dicom_open.go (what a folder of DICOM files means; package dicom reads the
// files), mask.go (masks that need their image).
package volume
