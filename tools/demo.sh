#!/usr/bin/env bash
# The whole workflow on real photographs, without a download: render rain on free photographs,
# train a small DCSFN with two processes, test it on photographs that it has not seen, rank it
# against the rainy input, and restore a photograph with the model that is shipped. Run again, it
# reuses what is there; after an interrupt, it continues. DEMO_ITERS sets the number of training
# iterations.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${PYTHON:-.venv/bin/python}
restorekit="$python -m restorekit.cli"
data=data/demo
config=configs/dcsfn/dcsfn_demo.py
work=work_dirs/dcsfn_demo
if [[ -n ${DEMO_ITERS:-} && $DEMO_ITERS != 900 ]]; then
    work+=_$DEMO_ITERS
fi

echo "== Photographs and rain =="
"$python" tools/demo_photos.py $data/clean
for split in train val test; do
    # The test's seed draws rain of every strength; some seeds draw little but drizzle.
    case $split in
        train) variants=8 seed=0 ;;
        val) variants=1 seed=1 ;;
        test) variants=4 seed=3 ;;
    esac
    $restorekit data synthesize $data/clean/$split $data/pairs/$split \
        --preset rain1400 --variants $variants --seed $seed
    $restorekit data lmdb $data/pairs/$split $data/$split.lmdb
done

echo "== Training: tools/dist_train.sh $config 2 =="
export PYTHON=$python
tools/dist_train.sh $config 2

echo "== Test on photographs that were not trained on =="
"$python" tools/test.py $config "$work"

echo "== Ranking =="
$restorekit leaderboard "$work/results.json" "$work/rainy_input.json" --out "$work/leaderboard"

echo "== A photograph, restored with the shipped model =="
photo=$(find $data/pairs/test/lq -name '*.png' | sort | head -n 1)
$restorekit restore "$photo" -o "$work/photo" --compare

cat <<END

The demo is done. Look at
  $work/restored/        rainy | derained | clean
  $work/history.png      the curves of the training
  $work/results.json     every number, by protocol and by image
  $work/leaderboard/     the ranking against the rainy input
  $work/photo/           a photograph restored with the shipped model, and before | after

Restore photographs of your own in the browser:
  $restorekit serve
END
