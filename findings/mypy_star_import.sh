#!/usr/bin/env bash
# A module that star-imports a constant and catches an exception under the same name spoils the constant for everyone.
#
# Guess:    `except ValueError as e` unbinds e in its own module only; what other modules read is the constant where it
#           was defined. And a second run over unchanged files reports what the first one reports.
# Happens:  mypy marks the variable itself as deleted, in the module that defines it: a third module that reads it is
#           told "Trying to read deleted variable", though it imports neither the star nor the exception. After an edit
#           of the reader the error is gone, since the constant now comes from the cache; from an empty cache it is back.
# Matters:  numpy.e, math.e and scipy.constants are read by letters that are also the usual name of an exception. A check
#           that passes on a machine with a cache fails in a fresh clone, at lines that nobody touched.
# Version:  mypy 2.4.1. Source: none of its pages; read off its messages.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet mypy==2.4.1
cd "$place"
printf 'e: float = 2.718281828459045\n' > constants.py
printf 'from constants import *\n\ntry:\n    pass\nexcept ValueError as e:\n    pass\n' > other.py
printf 'import constants\nimport other\n\nx = 2 * constants.e\n' > reader.py

judged() {
  local said
  said=$("$place/venv/bin/mypy" "$@" reader.py) || true
  case $said in
    *'deleted variable "e"'*) echo "deleted variable" ;;
    Success*) echo "no issues" ;;
    *) echo "$said" ;;
  esac
}

seen=$("$place/venv/bin/mypy" --version | cut -d' ' -f1,2)
seen+=$'\n'"empty cache: $(judged)"
seen+=$'\n'"the same files again: $(judged)"
printf 'y = 3 * constants.e\n' >> reader.py
seen+=$'\n'"a line more in the reader: $(judged)"
seen+=$'\n'"the same without a cache: $(judged --no-incremental)"
echo "$seen"
expected="mypy 2.4.1
empty cache: deleted variable
the same files again: deleted variable
a line more in the reader: no issues
the same without a cache: deleted variable"
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected"; exit 1; }
