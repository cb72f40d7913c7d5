# What the scripts share. Source it from the repository's root.
set -euo pipefail

VENV=${VENV:-.venv}

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# Installs the Debian packages that are missing, when that is allowed; otherwise prints the line
# that does it and returns 1.
debian_packages() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "Missing Debian packages. Install them with:"
            echo "    sudo apt-get install --no-install-recommends ${missing[*]}"
            return 1
        fi
        sudo=(sudo)
    fi
    say "Installing ${missing[*]}"
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Prints the first Python of the wanted versions that really runs (a pyenv shim may not).
find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.11 python3 python3.12 python3.13 python3.10; do
        if "$candidate" -c "import sys, venv, ensurepip; sys.exit(not ($1))" 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# Makes the virtual environment once: virtual_environment 'CONDITION ON sys.version_info' WORDS
virtual_environment() {
    if [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c "import sys; sys.exit(not ($1))"; then
        return 0
    fi
    local python
    if ! python=$(find_python "$1"); then
        debian_packages python3 python3-venv || exit 1
        python=$(find_python "$1") || {
            echo "No $2 was found. Install it, or name it: PYTHON=/path/to/python3 $0"
            exit 1
        }
    fi
    say "Making $VENV with $("$python" --version)"
    "$python" -m venv --clear "$VENV"
}

# Installs the package from this tree with extras, unless that was done for this pyproject.toml.
install_package() {
    local stamp="$VENV/.installed-$1"
    if [ -e "$stamp" ] && [ ! pyproject.toml -nt "$stamp" ]; then
        return 0
    fi
    say "Installing speech2face-edge[$1]"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --editable ".[$1]"
    touch "$stamp"
}

# The environment of the tests and of lint, which reads the types of everything that is imported.
test_environment() {
    virtual_environment 'sys.version_info[:2] == (3, 11)' 'Python 3.11 (the converter needs it) with venv'
    install_package mic,window,panel,litert,train,dev
}
