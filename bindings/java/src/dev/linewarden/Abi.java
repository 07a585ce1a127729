// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

final class Abi {
    static final int VERSION = 0;

    private Abi() {
    }
}
