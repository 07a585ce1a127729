#!/bin/sh
# The demonstration behind `make demo`: builds the library and the command, compiles the first C program against the header, and
# asks questions about a company of sixty people. Run it from the top folder.
set -eu

TARGET=${TARGET:-${CARGO_TARGET_DIR:-target}}
company=examples/companies/mixed.toml

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }
# Shows a command and runs it. Exit status 1 is a no, which is an answer.
show() { printf '\n$ %s\n' "$*"; status=0; "$@" || status=$?; [ "$status" -le 1 ] || exit "$status"; }

say "1. Building liblinewarden.so and the command (a few minutes the first time)"
# The dev build: it is optimised enough to play with and shared with `make test`. `make release` builds the real one.
"${CARGO:-cargo}" build

say "2. A C program against include/linewarden.h"
here=$TARGET/demo
mkdir -p "$here"
ln -sf ../debug/liblinewarden.so "$here/liblinewarden.so"
soname=$(sed -n 's/^#define LW_ABI_VERSION //p' include/linewarden.h)
ln -sf ../debug/liblinewarden.so "$here/liblinewarden.so.$soname"
printf '\n$ cc -Iinclude examples/first.c -Ltarget/demo -llinewarden -o first\n'
"${CC:-cc}" -std=c99 -Wall -Iinclude examples/first.c -L"$here" -Wl,-rpath,'$ORIGIN' -llinewarden -o "$here/first"
first=$here/first
for pair in "alice diana" "heidi diana" "rosa martin" "bob carol"; do
    printf '\n$ ./first %s %s\n' "$company" "$pair"
    # shellcheck disable=SC2086 # two words
    "$first" "$company" $pair
done

say "3. The same company on the command line"
PATH=$(cd "$TARGET/debug" && pwd):$PATH
export PATH
show linewarden check "$company" alice call.pickup diana
show linewarden explain "$company" rosa call.pickup martin
show linewarden who "$company" call.pickup diana
show linewarden dial "$company" bob '*74301#201'
show linewarden dial "$company" bob '*8301'

cat <<END

Go on:
  linewarden --help                        the command lies in $TARGET/debug
  $company            the company; change a line and ask again
  include/linewarden.h                     the C manual; examples/*.c are programs of under a page
  README.md                                what this is, and where to read on
  make test                                all checks
  make release                             the library as it is installed
END
