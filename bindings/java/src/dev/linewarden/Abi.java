// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

final class Abi {
    static final int VERSION = 1;

    private Abi() {
    }
}
