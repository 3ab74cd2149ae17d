"""Compares what slmsam reads with what pydicom, nibabel and pynrrd read.

    pip install pydicom nibabel pynrrd 'pylibjpeg[all]'
    python3 compare.py FOLDER...

reads every file of the folders (default: the test files that pydicom and nibabel install, and files that pynrrd, which
installs none, writes in every type and encoding) with slmsam and with the library of its format, and lists, file by file, whether they agree in size, position and values, which of them refuses
a file, and why. It fails if both read a file and differ.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import nibabel
import numpy as np
import nrrd
import pydicom

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent
LPS = np.diag([-1.0, -1, 1, 1])


def with_pydicom(path):
    """Values [x, y, z] of all frames as stored order says, rescaled; no affine: frames may be sorted."""
    d = pydicom.dcmread(path)  # as the user would: without force
    if "PixelData" not in d and "FloatPixelData" not in d:
        raise ValueError("no pixels")
    if d.SamplesPerPixel != 1 or d.PhotometricInterpretation == "PALETTE COLOR":
        raise ValueError("color")
    a = d.pixel_array.astype(np.float64)
    slope, inter = getattr(d, "RescaleSlope", None), getattr(d, "RescaleIntercept", None)
    if slope is None and "DoseGridScaling" in d:
        slope = d.DoseGridScaling
    a = a * float(slope or 1) + float(inter or 0)
    a = a.reshape((-1,) + a.shape[-2:])
    return np.transpose(a, (2, 1, 0)), None


def with_nibabel(path):
    image = nibabel.load(path)
    if not isinstance(image, nibabel.spatialimages.SpatialImage) or image.get_data_dtype().kind not in "iuf":
        raise ValueError("not a scalar volume: " + type(image).__name__)
    a = image.get_fdata()
    unit = 1
    if hasattr(image.header, "get_xyzt_units"):
        unit = {"meter": 1000, "micron": 0.001}.get(image.header.get_xyzt_units()[0], 1)
    scale = np.diag([unit] * 3 + [1])
    return a, scale @ image.affine


def with_pynrrd(path):
    a, h = nrrd.read(path)
    if a.dtype.kind not in "iuf":
        raise ValueError("not scalar")
    return a.astype(np.float64), None


def make_nrrd(folder):
    """Writes NRRD files of every type in every encoding, attached and detached."""
    random = np.random.default_rng(12)
    for kind in "i1 u1 <i2 >i2 <u2 <i4 >u4 <i8 <u8 <f4 >f4 <f8 >f8".split():
        a = (random.normal(size=(5, 4, 3)) * 60 + 64).clip(0 if "u" in kind else -100, 120).astype(kind)
        for encoding in "raw gzip bzip2 ascii".split():
            for suffix in ".nrrd", ".nhdr":
                header = {"encoding": encoding, "space": "left-posterior-superior", "space origin": [1, 2, 3],
                          "space directions": [[0, 0.5, 0], [2, 0, 0], [0, 0, -3]]}
                name = kind.replace("<", "little-").replace(">", "big-") + "-" + encoding + suffix
                nrrd.write(os.path.join(folder, name), a, header)


# Lossy JPEG: decoders may round differently.
LOSSY = {"1.2.840.10008.1.2.4.50": 1, "1.2.840.10008.1.2.4.51": 1}


def library(path):
    head = open(path, "rb").read(132)
    name = path.lower()
    if head[:4] == b"NRRD":
        return with_pynrrd
    if name.endswith((".nii", ".nii.gz", ".hdr", ".img")):
        return with_nibabel
    if head[128:132] == b"DICM" or name.endswith((".dcm", ".ima")):
        return with_pydicom
    return None


def rounding(path):
    """How far values may differ."""
    try:
        return LOSSY.get(str(pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID), 0)
    except Exception:  # no DICOM file
        return 0


def differ(report, values, affine):
    dim = tuple(report["dim"])
    values = values.reshape([n for n in values.shape if n > 1] or [1])
    if [n for n in dim if n > 1] != [n for n in values.shape if n > 1]:
        return f"sizes {dim} and {values.shape}"
    ours = np.fromfile(report["voxels"], "<f4").reshape(dim, order="F").reshape(values.shape)
    theirs = values.astype(np.float32)
    finite = np.isfinite(theirs)
    if not np.allclose(ours[finite], theirs[finite], rtol=0, atol=rounding(report["path"])):
        if theirs.ndim == 3 and np.array_equal(ours, theirs[:, :, ::-1]):
            return None  # frames sorted the other way
        return f"values, by up to {np.max(np.abs(ours[finite] - theirs[finite])):g}"
    if affine is not None and not np.allclose(report["affine"], affine, atol=1e-3, rtol=1e-5):
        return f"affine {report['affine']} and {affine.tolist()}"
    return None


def main(folders):
    if not folders:
        made = tempfile.mkdtemp()
        make_nrrd(made)
        site = pathlib.Path(pydicom.__file__).parent.parent
        folders = [site / "pydicom" / "data", site / "nibabel" / "tests" / "data", site / "nibabel" / "nicom" / "tests" / "data", made]
    paths = sorted(str(p) for f in folders for p in pathlib.Path(f).resolve().rglob("*") if p.is_file() and p.suffix != ".py" and library(str(p)))
    counts = {}
    with tempfile.TemporaryDirectory() as tmp:
        run = subprocess.run(["go", "run", ".", tmp], cwd=HERE, input="\n".join(paths), capture_output=True, text=True)
        if run.returncode:
            sys.exit(run.stderr)
        for line in run.stdout.splitlines():
            report = json.loads(line)
            try:
                values, affine = library(report["path"])(report["path"])
                theirs = None
            except Exception as e:  # every library has its own
                theirs = str(e).splitlines()[0][:100] if str(e) else type(e).__name__
            name = os.path.basename(report["path"])
            if "error" in report:
                why = report["error"].split(name + ": ", 1)[-1]
                what, detail = ("both refuse", f"{why} | {theirs}") if theirs else ("ONLY WE REFUSE", why)
            elif theirs:
                what, detail = "only we read", theirs
            else:
                detail = differ(report, values, affine)
                what = "DIFFER" if detail else "agree"
            counts[what] = counts.get(what, 0) + 1
            print(f"{what:15} {name} {detail or ''}")
    print(counts)
    return 1 if counts.get("DIFFER") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
