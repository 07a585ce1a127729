#!/bin/sh
# test.sh DIST: builds linewarden.tsp against the Windows DLL in DIST and runs it under wine, a driver in the place of TAPI.
# Called by packaging/windows/test.sh.
set -eu

cd "$(dirname "$0")/../.."
dist=$(realpath "${1:?the folder with bin/linewarden.dll}")
# LINEERR_ codes are unsigned in the headers and signed where they are returned.
cc="x86_64-w64-mingw32-gcc -std=c11 -O1 -Wall -Wextra -Werror -Wno-sign-compare -Wno-cast-function-type -I$dist/include -Iintegrations/tapi"
# shellcheck disable=SC2086
$cc -shared integrations/tapi/tsp*.c integrations/tapi/gate.c integrations/tapi/switch_ami.c integrations/tapi/ami_*.c integrations/tapi/linewarden.def \
    -o "$dist/bin/linewarden.tsp" -L"$dist/lib" -llinewarden -lws2_32 -lsecur32 -lcrypt32
# shellcheck disable=SC2086
$cc integrations/tapi/driver.c -o "$dist/bin/driver.exe"
# shellcheck disable=SC2086
$cc integrations/tapi/driver_pbx.c -o "$dist/bin/driver_pbx.exe"
# shellcheck disable=SC2086
$cc integrations/tapi/tests/text_fuzz.c integrations/tapi/tsp_text.c -o "$dist/bin/text_fuzz.exe"
cd "$dist/bin"
timeout 120 wine text_fuzz.exe 300000
LINEWARDEN_COMPANIES="Z:$OLDPWD/tests/golden/companies" timeout 120 wine driver.exe linewarden.tsp
python3 -B "$OLDPWD/integrations/tapi/tests/tls.py" "$dist"
