/* The header and the library are of one mind: layouts, versions, and the numbers of rights. No arguments. */
#include "check.h"

#include <stddef.h>

int main(void)
{
    CHECK(lw_abi_version() == LW_ABI_VERSION);
    CHECK(lw_version_number() == LW_VERSION_NUMBER);
    CHECK(strcmp(lw_version(), LW_VERSION) == 0);
    CHECK(LW_VERSION_NUMBER == LW_VERSION_MAJOR * 1000000 + LW_VERSION_MINOR * 1000 + LW_VERSION_PATCH);

    CHECK(sizeof(bool) == 1 && sizeof(lw_party) == 4 && sizeof(lw_right) == 4 && sizeof(lw_status) == 4);
    CHECK(sizeof(lw_rights) == 16 && sizeof(lw_decision) == 24 && sizeof(lw_dialled) == 272);
    CHECK(offsetof(lw_decision, reason) == 4 && offsetof(lw_decision, revision) == 8 && offsetof(lw_decision, line) == 16);
    CHECK(sizeof(lw_destination) == 24 && offsetof(lw_destination, number_class) == 4);
    CHECK(offsetof(lw_destination, reason) == 8 && offsetof(lw_destination, revision) == 16);
    CHECK(offsetof(lw_dialled, subject) == 4 && offsetof(lw_dialled, right) == 8 && offsetof(lw_dialled, allowed) == 12);
    CHECK(offsetof(lw_dialled, digits) == 13 && sizeof((lw_dialled *)0)->digits == LW_DIGITS_SIZE);
    CHECK(offsetof(lw_dialled, line) == 269 && sizeof((lw_dialled *)0)->line == 1);

    CHECK(lw_right_by_name("contact.name.read") == LW_CONTACT_NAME_READ);
    CHECK(lw_right_by_name("profile.manage_own") == LW_PROFILE_MANAGE_OWN);
    CHECK(lw_right_by_name("forwarding.set.additional") == LW_FORWARDING_SET_ADDITIONAL);
    int rights = 0;
    for (lw_right right = 0; right < 1000; right++) {
        const char *name = lw_right_name(right);
        if (name != NULL) {
            CHECK(lw_right_by_name(name) == right);
            rights++;
        }
    }
    CHECK(rights == 95);

    /* A set knows its rights by their bits; a right on all lines needs all three. */
    lw_rights set = { { 0, 0 } };
    set.words[LW_CALL_PICKUP_FIRST / 64] |= UINT64_C(1) << (LW_CALL_PICKUP_FIRST % 64);
    set.words[LW_CALL_PICKUP_SECOND / 64] |= UINT64_C(1) << (LW_CALL_PICKUP_SECOND % 64);
    CHECK(lw_rights_has(&set, LW_CALL_PICKUP_FIRST) && !lw_rights_has(&set, LW_CALL_PICKUP));
    set.words[LW_CALL_PICKUP_ADDITIONAL / 64] |= UINT64_C(1) << (LW_CALL_PICKUP_ADDITIONAL % 64);
    CHECK(lw_rights_has(&set, LW_CALL_PICKUP) && !lw_rights_has(&set, LW_LOCATION_LOGIN));
    set.words[LW_LOCATION_LOGIN / 64] |= UINT64_C(1) << (LW_LOCATION_LOGIN % 64);
    CHECK(lw_rights_has(&set, LW_LOCATION_LOGIN));
    return check_report();
}
