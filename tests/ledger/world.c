#include "ledger/world.h"
#include "base/clock.h"
#include "identity/msp_folder.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const int64_t DAY = 86400;
static const int64_t YEAR = 31536000;

void world_ok(lv_status status, const lv_error *err)
{
    if (status != LV_OK) {
        fail_msg("%s: %s", lv_status_name(status), err->text);
    }
}

/* ---- organisations ---- */

static lv_organisation make_organisation(const char *msp_id)
{
    static const char *const hosts[] = {"localhost"};
    const lv_organisation_params params = {.msp_id = msp_id,
                                           .hosts = hosts,
                                           .host_count = 1,
                                           .days = 30,
                                           .not_before = lv_clock_now() - DAY};
    lv_organisation out = {0};
    lv_error err = {0};
    world_ok(lv_organisation_create(&params, &out, &err), &err);
    return out;
}

static lv_identity *load(const char *msp_id, const lv_buffer *certificate, const lv_buffer *key)
{
    lv_identity *out = NULL;
    lv_error err = {0};
    world_ok(lv_identity_load(msp_id, lv_buffer_view(certificate), lv_buffer_view(key), &out, &err),
             &err);
    return out;
}

static lv_identity *issue(const char *msp_id, const lv_organisation *by, int64_t not_before)
{
    static const char *const hosts[] = {"localhost"};
    const lv_organisation_params params = {
        .msp_id = msp_id, .hosts = hosts, .host_count = 1, .days = 30, .not_before = not_before};
    lv_buffer certificate = {0};
    lv_buffer key = {0};
    lv_error err = {0};
    world_ok(lv_organisation_issue(&params, lv_buffer_view(&by->ca_certificate),
                                   lv_buffer_view(&by->ca_key), &certificate, &key, &err),
             &err);
    lv_identity *out = load(msp_id, &certificate, &key);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
    return out;
}

static void put_member(world *w, const char *msp_id, const char *role, const lv_buffer *root)
{
    lv_member *member = &w->channel.members[w->channel.member_count++];
    snprintf(member->msp_id, sizeof member->msp_id, "%s", msp_id);
    snprintf(member->role, sizeof member->role, "%s", role);
    assert_int_equal(lv_buffer_append(&member->root, root->data, root->len), LV_OK);
}

static lv_identity *add_member(world *w, const char *msp_id, const char *role, bool more)
{
    lv_organisation organisation = make_organisation(msp_id);
    put_member(w, msp_id, role, &organisation.ca_certificate);
    lv_identity *identity = load(msp_id, &organisation.certificate, &organisation.key);
    if (more) {
        w->expired = issue(msp_id, &organisation, lv_clock_now() - YEAR);
        w->renewed = issue(msp_id, &organisation, 0);
    }
    lv_organisation_wipe(&organisation);
    return identity;
}

static lv_identity *make_stranger(const char *msp_id)
{
    lv_organisation organisation = make_organisation(msp_id);
    lv_identity *identity = load(msp_id, &organisation.certificate, &organisation.key);
    lv_organisation_wipe(&organisation);
    return identity;
}

static world *make(void)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    snprintf(w->folder, sizeof w->folder, "/tmp/lotveil-ledger-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->channel.channel, sizeof w->channel.channel, WORLD_CHANNEL);
    snprintf(w->channel.contract, sizeof w->channel.contract, "xor");
    w->channel.members = calloc(WORLD_DOWNSTREAMS + 1, sizeof *w->channel.members);
    assert_non_null(w->channel.members);
    return w;
}

world *world_new(void)
{
    world *w = make();
    for (int i = 0; i < WORLD_DOWNSTREAMS; i++) {
        char name[8];
        snprintf(name, sizeof name, "D%d", i);
        w->downstreams[i] = add_member(w, name, "downstream", i == 0);
    }
    w->servicer = add_member(w, "S", "servicer", false);
    w->outsider = make_stranger("X");
    w->impostor = make_stranger("D0");
    return w;
}

/* ---- organisations on disk ---- */

static const char *const peers[] = {"peer0", "peer1"};

static void write_organisation(const char *folder, const char *name, const char *msp_id,
                               bool with_peers)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1"};
    lv_organisation_params params = {.msp_id = msp_id, .hosts = hosts, .host_count = 2, .days = 30};
    char path[512];
    char peer[600];
    lv_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
    world_ok(lv_msp_folder_create(path, &params, &err), &err);
    snprintf(peer, sizeof peer, "%s/renewed", path);
    assert_int_equal(mkdir(peer, 0700), 0);
    snprintf(peer, sizeof peer, "%s/renewed/msp", path);
    world_ok(lv_msp_folder_issue(path, &params, peer, &err), &err);
    params.unit = "peer";
    for (size_t i = 0; with_peers && i < sizeof peers / sizeof peers[0]; i++) {
        snprintf(peer, sizeof peer, "%s/%s", path, peers[i]);
        world_ok(lv_msp_folder_issue(path, &params, peer, &err), &err);
    }
}

void world_write(const char *folder)
{
    for (int i = 0; i < WORLD_DOWNSTREAMS; i++) {
        char name[8];
        snprintf(name, sizeof name, "D%d", i);
        write_organisation(folder, name, name, i == 0);
    }
    write_organisation(folder, "S", "S", true);
    write_organisation(folder, "X", "X", false);
    write_organisation(folder, "impostor", "D0", false);
}

/* As a member, where it has a role. */
static lv_identity *load_organisation(world *w, const char *folder, const char *name,
                                      const char *msp_id, const char *role)
{
    char path[512];
    lv_identity *identity = NULL;
    lv_buffer root = {0};
    lv_error err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    world_ok(lv_msp_folder_load(path, msp_id, &identity, &root, &err), &err);
    if (role != NULL) {
        put_member(w, msp_id, role, &root);
    }
    lv_buffer_free(&root);
    return identity;
}

world *world_load(const char *folder)
{
    world *w = make();
    for (int i = 0; i < WORLD_DOWNSTREAMS; i++) {
        char name[8];
        snprintf(name, sizeof name, "D%d", i);
        w->downstreams[i] = load_organisation(w, folder, name, name, "downstream");
    }
    w->servicer = load_organisation(w, folder, "S", "S", "servicer");
    w->outsider = load_organisation(w, folder, "X", "X", NULL);
    w->impostor = load_organisation(w, folder, "impostor", "D0", NULL);
    w->renewed = load_organisation(w, folder, "D0/renewed", "D0", NULL);
    return w;
}

static void remove_folder(const char *folder)
{
    DIR *open_folder = opendir(folder);
    if (open_folder == NULL) {
        return;
    }
    for (const struct dirent *entry = readdir(open_folder); entry != NULL;
         entry = readdir(open_folder)) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(open_folder);
    rmdir(folder);
}

void world_free(world *w)
{
    if (w == NULL) {
        return;
    }
    remove_folder(w->folder);
    for (int i = 0; i < WORLD_DOWNSTREAMS; i++) {
        lv_identity_free(w->downstreams[i]);
    }
    lv_identity_free(w->servicer);
    lv_identity_free(w->outsider);
    lv_identity_free(w->impostor);
    lv_identity_free(w->expired);
    lv_identity_free(w->renewed);
    lv_channel_free(&w->channel);
    free(w);
}

/* ---- records ---- */

lv_buffer world_grant(const lv_identity *author, uint64_t number, bool revoke)
{
    lv_grant grant = {.number = number, .revoke = revoke, .time = lv_clock_now()};
    snprintf(grant.channel, sizeof grant.channel, WORLD_CHANNEL);
    snprintf(grant.author, sizeof grant.author, "%s", lv_identity_msp(author));
    snprintf(grant.buyer, sizeof grant.buyer, "A");
    snprintf(grant.servicer, sizeof grant.servicer, "S");
    snprintf(grant.series, sizeof grant.series, "moisture");
    lv_buffer out = {0};
    lv_error err = {0};
    world_ok(lv_grant_seal(&grant, author, &out, &err), &err);
    return out;
}

lv_buffer world_xor(const lv_identity *author, uint64_t sequence)
{
    return world_xor_wide(author, sequence, 1);
}

lv_buffer world_xor_wide(const lv_identity *author, uint64_t sequence, unsigned width)
{
    uint8_t some[LV_WIDTH_MAX] = {1, 0, 1};
    const lv_bits bits = {.pairs = 1, .width = width, .bits = some};
    const lv_suite *suite = lv_suite_find("paillier");
    lv_secret_key *key = NULL;
    lv_matrix *w = NULL;
    lv_error err = {0};
    lv_xor record = {.sequence = sequence, .width = width, .pairs = 1, .time = lv_clock_now()};
    snprintf(record.channel, sizeof record.channel, WORLD_CHANNEL);
    snprintf(record.author, sizeof record.author, "%s", lv_identity_msp(author));
    snprintf(record.series, sizeof record.series, "moisture");
    snprintf(record.suite, sizeof record.suite, "paillier");
    world_ok(lv_key_generate(suite, 2048, NULL, &key, &err), &err);
    world_ok(lv_encrypt(key, &bits, NULL, &w, &err), &err);
    assert_int_equal(lv_public_encode(lv_key_public(key), &record.public_key), LV_OK);
    assert_int_equal(lv_matrix_encode(w, &record.w), LV_OK);
    lv_buffer out = {0};
    world_ok(lv_xor_seal(&record, author, &out, &err), &err);
    lv_xor_free(&record);
    lv_matrix_free(w);
    lv_key_free(key);
    return out;
}

lv_status world_submit(lv_ledger *ledger, const char *function, const lv_buffer *argument,
                       lv_position *position, lv_error *err)
{
    const lv_bytes bytes = lv_buffer_view(argument);
    const lv_call call = {.function = function, .arguments = &bytes, .argument_count = 1};
    return lv_ledger_submit(ledger, &call, 1, position, err);
}

lv_status world_submit_grants(lv_ledger *ledger, const lv_identity *author, uint64_t first,
                              size_t count, lv_position *positions, lv_error *err)
{
    lv_buffer *grants = calloc(count, sizeof *grants);
    lv_bytes *arguments = calloc(count, sizeof *arguments);
    lv_call *calls = calloc(count, sizeof *calls);
    if (grants == NULL || arguments == NULL || calls == NULL) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        grants[i] = world_grant(author, first + i, false);
        arguments[i] = lv_buffer_view(&grants[i]);
        calls[i] = (lv_call){.function = "grant", .arguments = &arguments[i], .argument_count = 1};
    }
    lv_status status = lv_ledger_submit(ledger, calls, count, positions, err);
    for (size_t i = 0; i < count; i++) {
        lv_buffer_free(&grants[i]);
    }
    free(grants);
    free(arguments);
    free(calls);
    return status;
}

uint64_t world_number_of(const lv_committed *committed)
{
    assert_string_equal(committed->function, "grant");
    assert_int_equal(committed->argument_count, 1);
    lv_kind kind = LV_KIND_QUALITY;
    lv_signed envelope = {0};
    lv_grant grant = {0};
    lv_error err = {0};
    world_ok(lv_signed_peek(lv_buffer_view(&committed->arguments[0]), &kind, &envelope, &err),
             &err);
    world_ok(lv_grant_decode(lv_buffer_view(&envelope.body), &grant, &err), &err);
    assert_string_equal(grant.author, committed->submitter);
    uint64_t number = grant.number;
    lv_grant_free(&grant);
    lv_signed_free(&envelope);
    return number;
}

const char *world_path(world *w, const char *name)
{
    static _Thread_local char path[256];
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    return path;
}
