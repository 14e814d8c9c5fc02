#!/usr/bin/env bash
# Build with AddressSanitizer and UndefinedBehaviorSanitizer in a copy of the tree, and run tests
# with it: tools/sanitize.sh [pytest arguments]. PYTHON needs the test packages and Cython.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(command -v "${PYTHON:-.venv/bin/python}")
case $python in /*) ;; *) python=$PWD/$python ;; esac
copy=$PWD/build/sanitize
mkdir -p "$copy"
git ls-files -z | xargs -0 cp --update --parents -t "$copy"
cd "$copy"
# Overflow of signed integers is defined by the -fwrapv that Python's own flags bring.
flags="-fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=undefined -O1 -g"
FASTCONV_CFLAGS="$flags -fno-omit-frame-pointer" "$python" setup.py -q build_ext --inplace
gcc=${CC:-gcc}
# Leaks at exit are Python's and NumPy's own; growth is looked for by the reliability tests.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
export LD_PRELOAD="$($gcc -print-file-name=libasan.so) $($gcc -print-file-name=libubsan.so) $($gcc -print-file-name=libstdc++.so)"
PYTHONPATH=$copy PYTHONMALLOC=malloc exec "$python" -m pytest -q -p no:cacheprovider "$@"
