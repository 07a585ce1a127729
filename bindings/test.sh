#!/bin/sh
# test.sh LIBRARY [LANGUAGE...]: asks the golden questions in every language, or in those named.
#
# LIBRARY is liblinewarden.so as cargo built it. A language whose tools are missing fails: bindings/peers.sh installs them.
set -eu

cd "$(dirname "$0")/.."
library=$(realpath "${1:?the path of liblinewarden.so}")
shift
[ $# -gt 0 ] || set -- versions constants c cpp python luajit node java csharp

out=$(dirname "$library")/bindings
mkdir -p "$out/lib"
soname=$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')
ln -sf "$library" "$out/lib/liblinewarden.so"
ln -sf "$library" "$out/lib/${soname:?the library has no SONAME}"
export LD_LIBRARY_PATH="$out/lib"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
link="-Iinclude -L$out/lib -llinewarden"
strict="-Wall -Wextra -pedantic -Werror"

# Each package has the version of the library.
versions() {
    for line in "python/pyproject.toml:version = \"$version\"" "node/package.json:\"version\": \"$version\"" \
        "java/pom.xml:<version>$version</version>" "csharp/linewarden.nuspec:<version>$version</version>" \
        "luajit/linewarden-$version-1.rockspec:version = \"$version-1\"" \
        "python/README.md:-$version-" "node/README.md:-$version.tgz" "java/README.md:<version>$version</version>" \
        "csharp/README.md:.$version.nupkg" "luajit/README.md:-$version-1"; do
        grep -q -F -e "${line#*:}" "bindings/${line%%:*}" || { echo "bindings/${line%%:*}: expected \`${line#*:}\`" >&2; return 1; }
    done
}

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
    # As its users get it: a wheel, built apart and installed by pip where nothing else is.
    rm -rf "$out/python"
    mkdir "$out/python"
    cp -r bindings/python "$out/python/source"
    python3 -m venv "$out/python/venv"
    "$out/python/venv/bin/pip" -q --disable-pip-version-check wheel --no-deps -w "$out/python" "$out/python/source"
    rm -rf "$out/python/source"
    "$out/python/venv/bin/pip" -q --disable-pip-version-check install --no-index "$out"/python/linewarden-*.whl
    # Isolated (-I): nothing but what pip installed is found.
    "$out/python/venv/bin/python" -I bindings/python/golden.py tests/golden
    "$out/python/venv/bin/python" -I bindings/python/example.py examples/companies/mixed.toml | shows
    store
    "$out/python/venv/bin/python" -I bindings/python/changes.py "$out/store/rights.db"
}

luajit() {
    # As its users get it: a rock, packed and installed into an empty tree, without the source beside it.
    rm -rf "$out/luajit"
    mkdir "$out/luajit"
    cp -r bindings/luajit "$out/luajit/source"
    (
        cd "$out/luajit/source"
        luarocks --lua-version 5.1 --tree "$out/luajit/built" make --deps-mode none linewarden-*.rockspec >"$out/luajit/log" &&
            luarocks --lua-version 5.1 --tree "$out/luajit/built" pack linewarden >>"$out/luajit/log" &&
            luarocks --lua-version 5.1 --tree "$out/luajit/tree" install --deps-mode none linewarden-*.rock >>"$out/luajit/log"
    ) 2>>"$out/luajit/log" || { cat "$out/luajit/log"; return 1; }
    rm -rf "$out/luajit/source" "$out/luajit/built"
    LUA_PATH="$out/luajit/tree/share/lua/5.1/?.lua;$out/luajit/tree/share/lua/5.1/?/init.lua"
    export LUA_PATH
    command luajit bindings/luajit/golden.lua tests/golden
    command luajit integrations/kamailio/tests/hostile.lua linewarden examples/companies/mixed.toml 30000
    command luajit bindings/luajit/example.lua examples/companies/mixed.toml | shows
}

node() {
    # As its users get it: the packed package, installed into an empty project.
    rm -rf "$out/node"
    mkdir "$out/node"
    (cd bindings/node && npm pack --silent --pack-destination "$out/node" >/dev/null)
    echo '{ "name": "empty", "private": true }' >"$out/node/package.json"
    (cd "$out/node" && npm install --loglevel=error --no-audit --no-fund --no-package-lock ./linewarden-*.tgz)
    # What the package has not: the golden questions, which ask the installed one.
    cp bindings/node/golden.js "$out/node"
    command node "$out/node/golden.js" tests/golden
    command node "$out/node/node_modules/linewarden/example.js" examples/companies/mixed.toml | shows
}

java() {
    # As its users get it: an artifact in a repository, and an empty project that names its coordinates. Debian's repository has all else.
    rm -rf "$out/java"
    mkdir -p "$out/java/source" "$out/java/empty/src/main/java"
    cp -r bindings/java/src bindings/java/pom.xml "$out/java/source"
    cp bindings/java/*.java "$out/java/empty/src/main/java"
    debian="<mirror><id>debian</id><mirrorOf>*</mirrorOf><url>file:///usr/share/maven-repo</url></mirror>"
    echo "<settings><localRepository>$out/java/local</localRepository><mirrors>$debian</mirrors></settings>" >"$out/java/settings.xml"
    cat >"$out/java/empty/pom.xml" <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId>
  <artifactId>empty</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>17</maven.compiler.source>
    <maven.compiler.target>17</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency><groupId>dev.linewarden</groupId><artifactId>linewarden</artifactId><version>$version</version></dependency>
  </dependencies>
</project>
END
    strictly="-Dmaven.compiler.showWarnings=true -Dmaven.compiler.failOnWarning=true -Dmaven.test.skip=true"
    # shellcheck disable=SC2086
    (cd "$out/java/source" && mvn -B -q -s ../settings.xml $strictly install)
    rm -rf "$out/java/source"
    # shellcheck disable=SC2086
    (cd "$out/java/empty" && mvn -B -q -s ../settings.xml $strictly package)
    path=$out/java/empty/target/classes
    for jar in dev/linewarden/linewarden/$version/linewarden-$version net/java/dev/jna/jna/5.13.0/jna-5.13.0; do
        path=$path:$out/java/local/$jar.jar
    done
    command java -cp "$path" Golden tests/golden
    command java -cp "$path" Example examples/companies/mixed.toml | shows
}

csharp() {
    # As its users get it: a package, installed into an empty folder, and programs that know its DLL alone.
    rm -rf "$out/csharp"
    mkdir -p "$out/csharp/source" "$out/csharp/empty"
    cp bindings/csharp/linewarden.nuspec bindings/csharp/README.md "$out/csharp/source"
    mcs -warnaserror -target:library -out:"$out/csharp/source/linewarden-dotnet.dll" \
        bindings/csharp/Linewarden.cs bindings/csharp/Constants.cs
    (cd "$out/csharp/source" && nuget pack linewarden.nuspec -Verbosity quiet -OutputDirectory ..)
    rm -rf "$out/csharp/source"
    (cd "$out/csharp/empty" && nuget install linewarden -Source "$out/csharp" -NoCache -ExcludeVersion -Verbosity quiet)
    cp "$out/csharp/empty/linewarden/lib/net45/linewarden-dotnet.dll" "$out/csharp/empty"
    for program in Golden Example; do
        mcs -warnaserror -out:"$out/csharp/empty/$program.exe" -r:"$out/csharp/empty/linewarden-dotnet.dll" bindings/csharp/$program.cs
    done
    mono "$out/csharp/empty/Golden.exe" tests/golden
    mono "$out/csharp/empty/Example.exe" examples/companies/mixed.toml | shows
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
