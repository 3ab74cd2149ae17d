#!/usr/bin/env bash
# Compresses the made-up pictures of volume/dicom/testdata (PICTURE.dcm) anew with other programs: dcmtk 3.6.7 and GDCM 3.0.24,
# Debian's packages dcmtk and libgdcm-tools. Files that are not there yet are not made.
#
#	testdata/gen/dicom.sh volume/dicom/testdata
set -euo pipefail
cd "$1"
for file in *.*.dcm; do
  from=${file%%.*}.dcm
  case ${file#*.} in
    lossless57.dcm) dcmcjpeg +el "$from" "$file" ;;
    lossless70.dcm) dcmcjpeg +e1 "$from" "$file" ;;
    baseline.dcm) dcmcjpeg +eb +q 95 "$from" "$file" ;;
    extended.dcm) dcmcjpeg +ee +q 97 "$from" "$file" ;;
    fragments57.dcm) dcmcjpeg +el +fs 1 "$from" "$file" ;;
    jpegls.dcm) dcmcjpls +el "$from" "$file" ;;
    nearlossless.dcm) dcmcjpls +en +md 1 "$from" "$file" ;;
    nooffsets.dcm) dcmcjpls +el +ot "$from" "$file" ;;
    rle.dcm) dcmcrle "$from" "$file" ;;
    deflated.dcm) dcmconv +td "$from" "$file" ;;
    bigendian.dcm) dcmconv +tb "$from" "$file" ;;
    implicit.dcm) dcmconv +ti "$from" "$file" ;;
    j2k.dcm) gdcmconv --j2k "$from" "$file" ;;
    *) echo "$file: no program makes it" >&2; exit 1 ;;
  esac
done
