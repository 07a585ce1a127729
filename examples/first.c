/*
 * first.c - the first program: open a company, ask two questions, say why.
 *
 *     cc -Iinclude examples/first.c -Ltarget/release -llinewarden -o first
 *     ./first examples/companies/mixed.toml alice bob
 */
#include <linewarden.h>

#include <stdio.h>

static void ask(const lw_engine *engine, const char *question, lw_party actor, lw_right right, lw_party target)
{
    lw_decision decision;
    lw_status status = lw_decide(engine, actor, right, target, &decision);
    if (status != LW_OK) {
        printf("%s: no (%s)\n", question, lw_status_text(status));
        return;
    }
    printf("%s: %s (%s)\n", question, decision.allowed ? "yes" : "no", lw_reason_text(decision.reason));
}

int main(int argc, char **argv)
{
    const char *source = argc > 1 ? argv[1] : "examples/companies/mixed.toml";
    const char *actor_name = argc > 2 ? argv[2] : "alice";
    const char *target_name = argc > 3 ? argv[3] : "bob";
    char question[256];

    if (lw_abi_version() != LW_ABI_VERSION) {
        fprintf(stderr, "liblinewarden %s does not fit this program\n", lw_version());
        return 2;
    }
    lw_error *error = NULL;
    lw_engine *engine = lw_open(source, &error);
    lw_party actor = 0, target = 0;
    if (engine != NULL && (actor = lw_resolve(engine, NULL, actor_name, &error)) != 0)
        target = lw_resolve(engine, NULL, target_name, &error);
    if (target == 0) {
        fprintf(stderr, "%s\n", lw_error_message(error));
        lw_error_free(error);
        lw_close(engine);
        return 2;
    }

    printf("May %s ...\n", actor_name);
    snprintf(question, sizeof question, "  pick up a call for %s", target_name);
    ask(engine, question, actor, LW_CALL_PICKUP_FIRST, target);
    snprintf(question, sizeof question, "  set %s's forwarding", target_name);
    ask(engine, question, actor, LW_FORWARDING_SET_FIRST, target);

    /* On the call path only the answer counts. */
    if (lw_may_see_busy(engine, actor, target))
        printf("and see whether %s is on the phone.\n", target_name);

    lw_close(engine);
    return 0;
}
