#!/usr/bin/env bash
# pytest-xdist's groups under a newer pytest: the mark is accepted, and does nothing.
#
# Guess:    with --dist loadgroup, tests of one `xdist_group` run in one worker, so that a fixture of the session which
#           they share is made once.
# Happens:  they run in both workers, without a warning, and the fixture is made twice. The plugin writes the group into
#           the private `_nodeid` of a test, which pytest 9.2.0 no longer reads. With pytest 9.0.2 the group holds.
# Matters:  the fixture here is a run of a whole suite; --dist loadfile, or a scheduler of one's own, does keep tests
#           together.
# Version:  pytest 9.2.0 and 9.0.2, pytest-xdist 3.8.0. Source: xdist/remote.py and _pytest/nodes.py.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cat > "$place/test_grouped.py" <<'PYTHON'
import os

import pytest


@pytest.mark.xdist_group("together")
@pytest.mark.parametrize("number", range(8))
def test_where(number):
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
PYTHON
workers() {
  python3 -m venv "$place/$1"
  "$place/$1/bin/python" -m pip install --quiet "pytest==$1" pytest-xdist==3.8.0
  SEEN="$place/seen-$1" "$place/$1/bin/python" -m pytest -q -n 2 --dist loadgroup "$place/test_grouped.py" >/dev/null
  sort -u "$place/seen-$1" | wc -l | tr -d ' '
}
seen="pytest 9.2.0: one group in $(workers 9.2.0) workers
pytest 9.0.2: one group in $(workers 9.0.2) workers"
expected="pytest 9.2.0: one group in 2 workers
pytest 9.0.2: one group in 1 workers"
echo "$seen"
[ "$seen" = "$expected" ] || { printf 'changed: expected\n%s\n' "$expected"; exit 1; }
