/* Fabric in the suite of all ledgers. A script of tests/fabric has a network run before:
 *
 *     suite_fabric make FOLDER                    new organisations
 *     suite_fabric chaincode FOLDER NAME ID       the contract as the chaincode of organisation
 * NAME, under package id ID, until SIGTERM; tells its port suite_fabric the suite, on chaincodes
 * PREFIX-1, PREFIX-2, ...: one for each test, PREFIX being the environment's
 *                                                 LOTVEIL_FABRIC_CHAINCODE */
#include "chaincode/chaincode.h"
#include "ledger/fabric_net.h"
#include "ledger/suite.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

/* ---- the backend ---- */

static char chaincode[LV_NAME_MAX + 1];

/* Each test has a ledger of its own: another chaincode's namespace on the same channel. */
static void create(world *w)
{
    static unsigned made;
    (void)w;
    snprintf(chaincode, sizeof chaincode, "%s-%u", getenv("LOTVEIL_FABRIC_CHAINCODE"), ++made);
}

static lv_status open_as(world *w, const lv_identity *identity, lv_ledger **out, lv_error *err)
{
    return fabric_net_open(w, chaincode, identity, out, err);
}

/* ---- the contract as a chaincode ---- */

static int tell(const lv_error *err)
{
    fprintf(stderr, "suite_fabric: %s\n", err->text);
    return EXIT_FAILURE;
}

static int serve(const char *folder, const char *name, const char *package_id)
{
    sigset_t stop;
    int signal = 0;
    lv_error err = {0};
    lv_chaincode *running = NULL;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);

    world *w = world_load(folder);
    lv_channel channel = {0};
    lv_buffer encoded = {0};
    world_ok(lv_channel_encode(&w->channel, &encoded, &err), &err);
    world_ok(lv_channel_decode(lv_buffer_view(&encoded), &channel, &err), &err);
    const lv_identity *self = strcmp(name, "S") == 0 ? w->servicer : w->downstreams[0];
    const lv_chaincode_options options = {.channel = &channel,
                                          .package_id = package_id,
                                          .address = "127.0.0.1:0",
                                          .tls = {.roots = lv_trust_root(channel.trust, name),
                                                  .certificate = lv_identity_certificate_pem(self),
                                                  .key = lv_identity_key_pem(self)}};
    lv_status status = lv_chaincode_start(&options, &running, &err);
    if (status == LV_OK) {
        printf("%u\n", lv_chaincode_port(running));
        fflush(stdout);
        sigwait(&stop, &signal);
        lv_chaincode_stop(running, 1000);
    }
    lv_buffer_free(&encoded);
    lv_channel_free(&channel);
    world_free(w);
    return status == LV_OK ? EXIT_SUCCESS : tell(&err);
}

int main(int argc, char **argv)
{
    const lv_suite_backend backend = {
        .name = "fabric", .make_world = fabric_net_world, .create = create, .open = open_as};
    if (argc == 3 && strcmp(argv[1], "make") == 0) {
        world_write(argv[2]);
        return EXIT_SUCCESS;
    }
    if (argc == 5 && strcmp(argv[1], "chaincode") == 0) {
        return serve(argv[2], argv[3], argv[4]);
    }
#ifdef __SANITIZE_THREAD__
    /* ThreadSanitizer cannot follow the child of a program with threads that starts its own. */
    cmocka_set_skip_filter("test_writers_take_turns");
#endif
    return lv_suite_run(&backend);
}
