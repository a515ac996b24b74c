/* The embedded ledger in the suite of all ledgers. */
#include "ledger/embedded/embedded.h"
#include "ledger/suite.h"
#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void create(world *w)
{
    lv_error err = {0};
    world_ok(lv_embedded_create(w->folder, &w->channel, w->servicer, &err), &err);
}

static lv_status open_as(world *w, const lv_identity *identity, lv_ledger **out, lv_error *err)
{
    return lv_embedded_open(w->folder, WORLD_CHANNEL, identity, out, err);
}

static lv_status audit(world *w, lv_error *err)
{
    lv_embedded_audit found = {0};
    return lv_embedded_verify(w->folder, WORLD_CHANNEL, NULL, &found, err);
}

int main(void)
{
    const lv_suite_backend backend = {.name = "embedded",
                                      .make_world = world_new,
                                      .create = create,
                                      .open = open_as,
                                      .audit = audit};
    return lv_suite_run(&backend);
}
