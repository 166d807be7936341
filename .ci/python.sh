#!/bin/sh
# Runs a script with Python 3.11, or says what to install; `PYTHON` names another interpreter.
set -eu
for candidate in "${PYTHON:-}" python3.11 python3; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        exec "$candidate" "$@"
    fi
done
echo "podium: Python 3.11 was not found. Install it, or set PYTHON to one: make setup PYTHON=/path/to/python3.11" >&2
exit 2
