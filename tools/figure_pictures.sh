#!/usr/bin/env bash
# Draws the pictures of docs/figures.md: figure_pictures.sh OUT.
# Free photographs with rendered rain, which a median filter and the shipped network restore, and the
# history of that network's training. Needs the extra demo.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:?name a folder for the pictures}
python=${PYTHON:-python3}
restorekit="$python -m restorekit.cli"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" tools/demo_photos.py "$work/clean"
$restorekit data synthesize "$work/clean/test" "$work/pairs" --preset rain1400 --seed 3
$restorekit restore "$work/pairs/lq" --model derain-small -o "$work/derain-small"
"$python" - "$work" <<'END_PYTHON'
import sys
from pathlib import Path

import cv2

work = Path(sys.argv[1])
(work / "median").mkdir()
for file in sorted((work / "pairs/lq").glob("*.png")):
    cv2.imwrite(str(work / "median" / file.name), cv2.medianBlur(cv2.imread(str(file)), 5))
END_PYTHON

$restorekit figure compare --images "Median filter=$work/median" "derain-small=$work/derain-small" \
    --lq "$work/pairs/lq" --gt "$work/pairs/gt" --pick worst --error-maps --dpi 150 \
    -o "$out/figure_compare.png"
$restorekit figure curves configs/hub/derain_small_history.csv --labels derain-small \
    --key loss --key psnr/matlab_y_u8 --smooth 5 --width 174 -o "$out/figure_curves.png"
