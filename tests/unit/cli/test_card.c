#include "base/file.h"
#include "cli/card.h"
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
/* cmocka wants those before it */
#include <cmocka.h>

typedef struct {
    char root[64];
} fixture;

static char *at(const fixture *f, const char *name)
{
    char *path = lv_path_join(f->root, name);
    assert_non_null(path);
    return path;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

static int setup(void **state)
{
    static fixture f;
    snprintf(f.root, sizeof f.root, "/tmp/lotveil-card-XXXXXX");
    *state = &f;
    return mkdtemp(f.root) == NULL;
}

static int teardown(void **state)
{
    const fixture *f = *state;
    return nftw(f->root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static lv_status make(const fixture *f, const char *name, lv_role role, const char *listen,
                      lv_card *card, lv_error *err)
{
    char *folder = at(f, name);
    lv_init init = {
        .folder = folder, .organisation = name, .role = role, .listen = listen, .days = 30};
    lv_status status = lv_init_organisation(&init, card, err);
    free(folder);
    return status;
}

static void make_well(const fixture *f, const char *name, lv_role role)
{
    lv_card card;
    lv_error err = {0};
    if (make(f, name, role, "127.0.0.1:7999", &card, &err) != LV_OK) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(card.url, "https://127.0.0.1:7999");
    assert_string_equal(card.organisation, name);
    assert_int_equal(strlen(card.fingerprint), 64);
    lv_card_free(&card);
}

static void read_text(const char *path, lv_buffer *out)
{
    assert_int_equal(lv_file_read(path, 65536, out, NULL), LV_OK);
}

static void test_every_role_gets_a_configuration_that_loads(void **state)
{
    const fixture *f = *state;
    static const lv_role roles[] = {LV_ROLE_DOWNSTREAM, LV_ROLE_UPSTREAM, LV_ROLE_SERVICER};
    static const char *const names[] = {"BMSP", "AMSP", "SMSP"};
    for (size_t i = 0; i < 3; i++) {
        make_well(f, names[i], roles[i]);
        lv_cli_org org;
        lv_error err = {0};
        char *folder = at(f, names[i]);
        if (lv_cli_org_load(folder, &org, &err) != LV_OK) {
            fail_msg("%s", err.text);
        }
        assert_int_equal(org.config->role, roles[i]);
        assert_int_equal(org.config->listen_port, 7999);
        assert_int_equal(org.config->member_count, 0);
        assert_int_equal(org.config->quality_channel[0] != '\0', roles[i] != LV_ROLE_SERVICER);
        assert_int_equal(org.config->xor_channel[0] != '\0', roles[i] != LV_ROLE_UPSTREAM);
        lv_cli_org_free(&org);
        free(folder);
    }
}

static void test_the_key_is_for_its_owner_alone(void **state)
{
    const fixture *f = *state;
    struct stat info;
    make_well(f, "BMSP", LV_ROLE_DOWNSTREAM);
    char *key = at(f, "BMSP/msp/keystore/key.pem");
    char *kept = at(f, "BMSP/state");
    assert_int_equal(stat(key, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(kept, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    free(kept);
    free(key);
}

static void test_nothing_is_overwritten(void **state)
{
    const fixture *f = *state;
    static const char *const parts[] = {"config.yaml", "card.json", "msp"};
    make_well(f, "BMSP", LV_ROLE_DOWNSTREAM);
    char *key = at(f, "BMSP/msp/keystore/key.pem");
    lv_buffer before = {0};
    lv_buffer after = {0};
    lv_card card;
    read_text(key, &before);
    assert_int_equal(make(f, "BMSP", LV_ROLE_DOWNSTREAM, NULL, &card, NULL), LV_EXISTS);
    read_text(key, &after);
    assert_true(lv_bytes_equal(lv_buffer_view(&before), lv_buffer_view(&after)));
    lv_buffer_wipe(&after);
    lv_buffer_wipe(&before);
    free(key);

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "half%zu", i);
        char *folder = at(f, name);
        char *part = lv_path_join(folder, parts[i]);
        assert_int_equal(lv_folder_make(folder, NULL), LV_OK);
        assert_int_equal(lv_file_write(part, lv_bytes_of_text("x"), 0600, NULL), LV_OK);
        assert_int_equal(make(f, name, LV_ROLE_UPSTREAM, NULL, &card, NULL), LV_EXISTS);
        free(part);
        free(folder);
    }
}

static void test_what_cannot_be_used_is_refused_before_anything_is_made(void **state)
{
    const fixture *f = *state;
    static const char *const bad[] = {
        "127.0.0.1", "127.0.0.1:",   ":7101",     "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:71x",
        "a b:7101",  "0.0.0.0:7101", "[::]:7101", "x\ny:7101",   "\"x:7101"};
    lv_card card;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(make(f, "CMSP", LV_ROLE_UPSTREAM, bad[i], &card, NULL), LV_E_ARGUMENT);
    }
    assert_int_equal(make(f, "..", LV_ROLE_UPSTREAM, NULL, &card, NULL), LV_E_ARGUMENT);
    char *folder = at(f, "CMSP");
    assert_false(lv_file_exists(folder));
    free(folder);
}

/* The card of `name`, as it stands on disk. */
static lv_status add(const fixture *f, const char *to, const char *card_path, lv_error *err)
{
    lv_card card;
    char *path = at(f, card_path);
    char *folder = at(f, to);
    lv_status status = lv_card_read(path, &card, err);
    if (status == LV_OK) {
        status = lv_card_add(folder, &card, err);
    }
    lv_card_free(&card);
    free(folder);
    free(path);
    return status;
}

static void test_members_are_added_once(void **state)
{
    const fixture *f = *state;
    lv_error err = {0};
    make_well(f, "BMSP", LV_ROLE_DOWNSTREAM);
    make_well(f, "AMSP", LV_ROLE_UPSTREAM);
    make_well(f, "SMSP", LV_ROLE_SERVICER);
    if (add(f, "BMSP", "AMSP/card.json", &err) != LV_OK ||
        add(f, "BMSP", "SMSP/card.json", &err) != LV_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(add(f, "BMSP", "AMSP/card.json", &err), LV_EXISTS);
    assert_int_equal(add(f, "BMSP", "BMSP/card.json", &err), LV_EXISTS);

    lv_cli_org org;
    char *folder = at(f, "BMSP");
    assert_int_equal(lv_cli_org_load(folder, &org, &err), LV_OK);
    assert_int_equal(org.config->member_count, 2);
    const lv_config_member *member = lv_config_member_find(org.config, "SMSP");
    assert_non_null(member);
    assert_int_equal(member->role, LV_ROLE_SERVICER);
    assert_string_equal(member->url, "https://127.0.0.1:7999");
    assert_non_null(lv_trust_root(org.trust, "AMSP").data);
    lv_cli_org_free(&org);
    free(folder);
}

static void test_a_configuration_written_by_hand_stays_as_it_was(void **state)
{
    const fixture *f = *state;
    make_well(f, "BMSP", LV_ROLE_DOWNSTREAM);
    make_well(f, "AMSP", LV_ROLE_UPSTREAM);
    char *path = at(f, "BMSP/config.yaml");
    lv_buffer before = {0};
    lv_buffer after = {0};
    read_text(path, &before);
    char *line = strstr((char *)before.data, "members: []");
    assert_non_null(line);
    line[9] = '{';
    line[10] = '}';
    assert_int_equal(lv_file_write(path, lv_buffer_view(&before), 0644, NULL), LV_OK);
    assert_int_not_equal(add(f, "BMSP", "AMSP/card.json", NULL), LV_OK);
    read_text(path, &after);
    assert_true(lv_bytes_equal(lv_buffer_view(&before), lv_buffer_view(&after)));
    lv_buffer_free(&after);
    lv_buffer_free(&before);
    free(path);
}

static void test_tampered_cards_are_refused(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *from;
        const char *to;
    } changes[] = {
        {"\"AMSP\"", "\"../x\""}, {"\"upstream\"", "\"owner\""},
        {"https://", "http://"},  {"7999\"", "7999/\\\"\\nx\""},
        {"BEGIN", "begin"},       {"\"url\"", "\"uri\""},
        {"\"role\"", "\"root\""}, {"{", "["},
    };
    make_well(f, "BMSP", LV_ROLE_DOWNSTREAM);
    make_well(f, "AMSP", LV_ROLE_UPSTREAM);
    char *path = at(f, "AMSP/card.json");
    char *changed = at(f, "changed.json");
    lv_buffer good = {0};
    read_text(path, &good);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        lv_buffer bad = {0};
        lv_error err = {0};
        const char *found = strstr((char *)good.data, changes[i].from);
        assert_non_null(found);
        size_t before = (size_t)(found - (char *)good.data);
        assert_int_equal(lv_buffer_append(&bad, good.data, before), LV_OK);
        assert_int_equal(
            lv_buffer_printf(&bad, "%s%s", changes[i].to, found + strlen(changes[i].from)), LV_OK);
        assert_int_equal(lv_file_write(changed, lv_buffer_view(&bad), 0644, NULL), LV_OK);
        assert_int_equal(add(f, "BMSP", "changed.json", &err), LV_E_SYNTAX);
        assert_non_null(strstr(err.text, "changed.json"));
        lv_buffer_free(&bad);
    }
    assert_int_equal(add(f, "BMSP", "missing.json", NULL), LV_E_SYNTAX);
    lv_buffer_free(&good);
    free(changed);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_role_gets_a_configuration_that_loads, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_key_is_for_its_owner_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_overwritten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_used_is_refused_before_anything_is_made,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_members_are_added_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_configuration_written_by_hand_stays_as_it_was, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_tampered_cards_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
