#!/bin/sh
# test.sh LIBRARY [LANGUAGE...]: asks the golden questions in every language, or in those named.
#
# LIBRARY is liblinewarden.so as cargo built it. A language whose tools are missing fails: bindings/peers.sh installs them.
set -eu

cd "$(dirname "$0")/.."
library=$(realpath "${1:?the path of liblinewarden.so}")
shift
[ $# -gt 0 ] || set -- constants c cpp python luajit node java csharp

out=$(dirname "$library")/bindings
mkdir -p "$out/lib"
soname=$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')
ln -sf "$library" "$out/lib/liblinewarden.so"
ln -sf "$library" "$out/lib/${soname:?the library has no SONAME}"
export LD_LIBRARY_PATH="$out/lib"
link="-Iinclude -L$out/lib -llinewarden"
strict="-Wall -Wextra -pedantic -Werror"

constants() {
    python3 bindings/constants.py --check
}

c() {
    for compiler in gcc clang; do
        for standard in c99 c11 c17 c2x; do
            # shellcheck disable=SC2086
            $compiler -std=$standard $strict -O1 tests/golden/ask.c -o "$out/ask" $link
            "$out/ask" tests/golden/companies <tests/golden/questions.tsv
        done
    done
}

cpp() {
    for compiler in g++ clang++; do
        for standard in c++17 c++20; do
            # shellcheck disable=SC2086
            $compiler -std=$standard $strict -O1 -Ibindings/cpp bindings/cpp/golden.cpp -o "$out/golden-cpp" $link
            "$out/golden-cpp" tests/golden
        done
    done
    # shellcheck disable=SC2086
    g++ -std=c++17 $strict -Ibindings/cpp bindings/cpp/example.cpp -o "$out/example-cpp" $link
    "$out/example-cpp" examples/companies/mixed.toml | shows
    # shellcheck disable=SC2086
    g++ -std=c++17 $strict -Ibindings/cpp bindings/cpp/changes.cpp -o "$out/changes-cpp" $link
    store
    "$out/changes-cpp" "$out/store/rights.db"
}

python() {
    # As its users get it: installed by pip, in a place of its own, and not from this folder.
    rm -rf "$out/python"
    mkdir "$out/python"
    cp -r bindings/python "$out/python/source"
    python3 -m venv "$out/python/venv"
    "$out/python/venv/bin/pip" -q --disable-pip-version-check install "$out/python/source"
    rm -rf "$out/python/source"
    # Isolated (-I): nothing but what pip installed is found.
    "$out/python/venv/bin/python" -I bindings/python/golden.py tests/golden
    "$out/python/venv/bin/python" -I bindings/python/example.py examples/companies/mixed.toml | shows
    store
    "$out/python/venv/bin/python" -I bindings/python/changes.py "$out/store/rights.db"
}

luajit() {
    LUA_PATH="bindings/luajit/?.lua;bindings/luajit/?/init.lua;;"
    export LUA_PATH
    command luajit bindings/luajit/golden.lua tests/golden
    command luajit bindings/luajit/example.lua examples/companies/mixed.toml | shows
}

node() {
    rm -rf "$out/node"
    cp -r bindings/node "$out/node"
    (cd "$out/node" && npm install --loglevel=error --no-audit --no-fund --no-package-lock)
    command node "$out/node/golden.js" tests/golden
    command node "$out/node/example.js" examples/companies/mixed.toml | shows
}

java() {
    rm -rf "$out/java"
    jna=/usr/share/java/jna.jar
    javac -encoding UTF-8 -Xlint:all -Werror -cp $jna -d "$out/java" \
        bindings/java/src/dev/linewarden/*.java bindings/java/*.java
    command java -cp "$out/java:$jna" Golden tests/golden
    command java -cp "$out/java:$jna" Example examples/companies/mixed.toml | shows
}

csharp() {
    for program in Golden Example; do
        mcs -warnaserror -out:"$out/$program.exe" bindings/csharp/Linewarden.cs bindings/csharp/Constants.cs \
            bindings/csharp/$program.cs
    done
    mono "$out/Golden.exe" tests/golden
    mono "$out/Example.exe" examples/companies/mixed.toml | shows
}

# A new store; the command lies beside the library.
store() {
    rm -rf "$out/store"
    mkdir "$out/store"
    "$(dirname "$library")/linewarden" import "$out/store/rights.db" tests/c/documents/stored.toml >/dev/null
}

# The example's output, which must show its last step.
shows() {
    tee "$out/example.txt" | sed 's/^/    /'
    grep -q '0891234' "$out/example.txt"
}

for language; do
    echo "== $language"
    "$language"
done
