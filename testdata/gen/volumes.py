"""Writes the golden set of the readers of package volume: small files by other programs, and golden.json, which says what they hold.

    pip install numpy==2.4.6 nibabel==5.4.2 pynrrd==1.1.3 SimpleITK==2.5.7 pydicom==3.0.2 Pillow==13.0.0
    python testdata/gen/volumes.py volume/testdata

golden.json: for every volume its shape, voxel-to-RAS+ affine, rescaled voxels (x fastest) and modality, and a table of 8-bit
resizing by Pillow. Its sizes are such that Pillow 13 resamples rows first, as older versions always do and as package volume
does; where it takes columns first, results differ by rounding. Values are random, seed 20261; two runs write the same voxels.
"""
import json
import os
import sys

import nibabel as nib
import nrrd
import numpy as np
import pydicom
import SimpleITK as sitk
from PIL import Image
from pydicom.uid import (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian,
                         MRImageStorage, RLELossless)

SHAPE = (5, 4, 3)
SPACING = (0.7, 0.8, 2.5)
rng = np.random.default_rng(20261)
out = sys.argv[1]
golden = {'volumes': {}}


def path(*names):
    return os.path.join(out, *names)


def record(name, voxels, affine, modality=''):
    golden['volumes'][name] = {'shape': list(SHAPE), 'affine': np.asarray(affine, float).tolist(),
                               'data': np.asarray(voxels, float).ravel(order='F').tolist(), 'modality': modality}


def rotation():
    """A random proper rotation."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    return q if np.linalg.det(q) > 0 else -q


def grid():
    affine = np.eye(4)
    affine[:3, :3] = rotation() * SPACING
    affine[:3, 3] = rng.normal(size=3) * (20, 50, 50)
    return affine


def nifti():
    kinds = {'be_int16.nii': (nib.Nifti1Image, '>i2', -100, 100), 'float64.nii.gz': (nib.Nifti1Image, '<f8', -100, 100),
             'scaled_uint8.nii': (nib.Nifti1Image, 'u1', 0, 100), 'pair2_uint32.hdr': (nib.Nifti2Pair, '<u4', 0, 100),
             'nifti2_int8.nii.gz': (nib.Nifti2Image, 'i1', -100, 100)}
    for name, (kind, dtype, lo, hi) in kinds.items():
        voxels, affine = rng.integers(lo, hi, SHAPE), grid()
        image = kind(voxels.astype(dtype), affine, kind.header_class(endianness='>' if dtype[0] == '>' else '<'))
        image.set_data_dtype(np.dtype(dtype))
        image.header.set_xyzt_units('mm', 'sec')
        image.set_qform(affine, 1)
        image.set_sform(affine, 2)
        if name == 'nifti2_int8.nii.gz':  # the qform alone
            image.set_sform(None, 0)
            affine = image.header.get_qform()
        if name == 'scaled_uint8.nii':
            image.header.set_slope_inter(0.5, 0)  # nibabel then writes voxels as they are
            voxels = voxels * 0.5
        nib.save(image, path(name))
        # what the file holds: affines are stored in single precision
        record(name, voxels, nib.load(path(name)).affine)


def nrrds():
    voxels, affine = rng.integers(-1000, 1000, SHAPE), grid()
    spaces = {'gzip.nrrd': ('left-posterior-superior', (-1, -1, 1), 'gzip', 'little'),
              'ascii.nrrd': ('right-anterior-superior', (1, 1, 1), 'ascii', 'little'),
              'bigendian.nhdr': ('left-anterior-superior', (-1, 1, 1), 'raw', 'big')}
    for name, (space, signs, encoding, endian) in spaces.items():
        header = {'space': space, 'space directions': (affine[:3, :3].T * signs), 'space origin': affine[:3, 3] * signs,
                  'encoding': encoding, 'endian': endian}
        dtype = '>i2' if endian == 'big' else '<i2'
        nrrd.write(path(name), voxels.astype(dtype), header, detached_header=name.endswith('.nhdr'), relative_data_path=True)
        record(name, voxels, affine)


def metaimages():
    voxels = rng.integers(-1000, 1000, SHAPE) / 4
    for name in ('zlib.mha', 'external.mhd'):
        turned, origin = rotation(), rng.normal(size=3) * (20, 50, 50)
        image = sitk.GetImageFromArray(voxels.astype('f4').transpose(2, 1, 0))
        image.SetSpacing(SPACING)
        image.SetDirection(turned.ravel())
        image.SetOrigin(origin)
        sitk.WriteImage(image, path(name), useCompression=name == 'zlib.mha')
        affine = np.eye(4)
        affine[:3, :3], affine[:3, 3] = turned * SPACING, origin
        record(name, voxels, np.diag([-1, -1, 1, 1]) @ affine)


def dicoms():
    kinds = {  # syntax, bits allocated, bits stored, signed, slope, intercept, modality
        'dicom_implicit': (ImplicitVRLittleEndian, 16, 16, 1, 2, -5, 'MR'),
        'dicom_bigendian': (ExplicitVRBigEndian, 16, 12, 0, 1, -1024, 'CT'),
        'dicom_deflated': (DeflatedExplicitVRLittleEndian, 16, 12, 1, 1, 0, 'MR'),
        'dicom_rle': (RLELossless, 16, 16, 0, 0.5, 0, 'PT'),
        'dicom_rle8': (RLELossless, 8, 8, 0, 1, 0, 'US')}
    for name, (syntax, allocated, stored, signed, slope, intercept, modality) in kinds.items():
        os.makedirs(path(name), exist_ok=True)
        lo, hi = (-2 ** (stored - 1), 2 ** (stored - 1)) if signed else (0, 2 ** stored)
        voxels = rng.integers(lo, hi, SHAPE)
        voxels[:, 1] = voxels[:1, 1]  # rows of one value: runs for RLE
        across, down = np.array([0.8, 0.6, 0]), np.array([0, 0, -1.0])
        step, first = 2.5 * np.cross(across, down), np.array([10, -20, 30.0])
        for file, z in enumerate((0, 2, 1)):  # not in slice order
            d = pydicom.Dataset()
            d.file_meta = pydicom.dataset.FileMetaDataset()
            d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = MRImageStorage
            d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID = f'1.2.3.{z + 1}'
            d.file_meta.ImplementationClassUID = '1.2.3'
            d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == RLELossless else syntax
            d.Modality, d.SeriesDescription, d.SeriesInstanceUID = modality, 'golden', '1.2.3.9'
            d.SliceThickness, d.InstanceNumber = 2.0, 7 - z
            d.ImagePositionPatient, d.ImageOrientationPatient = list(first + z * step), [*across, *down]
            d.SamplesPerPixel, d.PhotometricInterpretation = 1, 'MONOCHROME2'
            d.Rows, d.Columns, d.PixelSpacing = SHAPE[1], SHAPE[0], [0.75, 0.5]
            d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = allocated, stored, stored - 1, signed
            d.RescaleIntercept, d.RescaleSlope = float(intercept), float(slope)
            pixels = voxels[:, :, z].T
            if stored < allocated:  # what lies above the stored bits is not to be read
                pixels = pixels & (2 ** stored - 1)
            order = '>' if syntax == ExplicitVRBigEndian else '<'
            dtype = 'u1' if allocated == 8 else f'{order}u2'
            d.PixelData = (pixels & (2 ** allocated - 1)).astype(dtype).tobytes()
            d['PixelData'].VR = 'OW' if allocated == 16 else 'OB'
            if syntax == RLELossless:
                d.compress(RLELossless, generate_instance_uid=False)
            d.save_as(path(name, f'im{file}.dcm'), enforce_file_format=True)
        affine = np.eye(4)  # x across, y down
        affine[:3, 0], affine[:3, 1], affine[:3, 2], affine[:3, 3] = across * 0.5, down * 0.75, step, first
        record(name, voxels * slope + intercept, np.diag([-1, -1, 1, 1]) @ affine, modality)


def pngs():
    for name, files, most in (('png16', ('s1', 's2', 's10'), 2 ** 16), ('png_palette', ('0', '1', '2'), 4)):
        os.makedirs(path(name), exist_ok=True)
        voxels = rng.integers(0, most, SHAPE)
        for z, file in enumerate(files):
            plane = np.ascontiguousarray(voxels[:, :, z].T)
            if name == 'png16':
                image = Image.fromarray(plane.astype('u2'))
            else:
                image = Image.fromarray(plane.astype('u1'), mode='P')
                image.putpalette([200, 10, 10, 10, 200, 10, 10, 10, 200, 90, 90, 90])
            image.save(path(name, file + '.png'))
        record(name, voxels, np.eye(4))


def resizing():
    h, w = 23, 31
    pixels = rng.integers(0, 256, (h, w), dtype='u1')
    filters = {'bicubic': Image.Resampling.BICUBIC, 'bilinear': Image.Resampling.BILINEAR}
    results = []
    for size in ((40, 50), (10, 12), (23, 64), (9, 31), (64, 7)):
        for name, how in filters.items():
            small = np.asarray(Image.fromarray(pixels).resize(size[::-1], how))
            results.append({'size': list(size), 'filter': name, 'pixels': small.ravel().tolist()})
    golden['resize'] = {'size': [h, w], 'pixels': pixels.ravel().tolist(), 'results': results}


for write in (nifti, nrrds, metaimages, dicoms, pngs, resizing):
    write()
with open(path('golden.json'), 'w') as f:
    json.dump(golden, f)
