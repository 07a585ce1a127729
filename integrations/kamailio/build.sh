#!/bin/sh
# build.sh OUT [LUA_CFLAGS]: builds the Lua C module as OUT/linewarden/core.so.
#
# Without LUA_CFLAGS for Lua 5.1, which also serves LuaJIT, Kamailio 5.6 and Asterisk. linewarden is found by pkg-config, or in
# LINEWARDEN_CFLAGS and LINEWARDEN_LIBS.
set -eu

cd "$(dirname "$0")"
out=${1:?where to put linewarden/core.so}
lua=${2:-$(pkg-config --cflags lua5.1)}
: "${LINEWARDEN_CFLAGS=$(pkg-config --cflags linewarden)}"
: "${LINEWARDEN_LIBS=$(pkg-config --libs linewarden)}"
mkdir -p "$out/linewarden"
# Lua's own functions are the interpreter's: the module links none.
# shellcheck disable=SC2086
${CC:-gcc} -std=c99 -D_POSIX_C_SOURCE=200809L -O2 -fPIC -shared -Wall -Wextra -pedantic -Werror $LINEWARDEN_CFLAGS $lua core.c \
    -o "$out/linewarden/core.so" $LINEWARDEN_LIBS -lm
