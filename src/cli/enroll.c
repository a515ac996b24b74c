#include "cli/enroll.h"
#include "base/clock.h"
#include "base/file.h"
#include "cli/card.h"
#include "cli/client.h"
#include "identity/hosts.h"
#include "identity/msp_folder.h"
#include "node/ca.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CA_SECONDS 30U
#define PEM_FILE_MAX 65536U

/* What every subcommand begins with: the configuration, the organisation's root where it has one,
 * and the CA. */
typedef struct {
    const lv_enroll_options *options;
    lv_config *config;
    lv_buffer root;      /* of the organisation; empty before the first enrolment */
    lv_buffer tls_roots; /* of the CA's TLS, as a file named on the command line says */
    lv_ca ca;
} work;

static void work_free(work *w)
{
    lv_buffer_free(&w->root);
    lv_buffer_free(&w->tls_roots);
    lv_config_free(w->config);
}

static lv_status read_own_root(work *w, lv_error *err)
{
    char *path = lv_cli_path(w->options->cli.dir, "msp/cacerts/ca.pem", err);
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_file_read(path, PEM_FILE_MAX, &w->root, NULL);
    if (status == LV_NOT_FOUND) {
        status = LV_OK;
    } else if (status != LV_OK) {
        status = lv_fail(err, status, "%s: cannot be read", path);
    }
    free(path);
    return status;
}

/* The command line first, then config.yaml, then the organisation's root, which often serves as
 * root of its CA's TLS too. */
static lv_status choose_ca(work *w, lv_error *err)
{
    const lv_enroll_options *o = w->options;
    const lv_config_enroll *configured = w->config->enroll;
    w->ca.seconds = CA_SECONDS;
    w->ca.url = o->ca != NULL || configured == NULL ? o->ca : configured->ca;
    w->ca.name = o->ca_name != NULL || configured == NULL ? o->ca_name : configured->ca_name;
    if (w->ca.url == NULL) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "--ca URL is needed, or a section `enroll` in config.yaml");
    }
    if (o->tls_roots != NULL) {
        lv_status status = lv_cli_read(o->tls_roots, PEM_FILE_MAX, &w->tls_roots, err);
        w->ca.roots = lv_buffer_view(&w->tls_roots);
        return status;
    }
    bool named = configured != NULL && configured->tls_roots.len > 0;
    w->ca.roots = lv_buffer_view(named ? &configured->tls_roots : &w->root);
    if (w->ca.roots.len == 0) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "--tls-roots FILE is needed: the root that the CA's TLS certificate chains "
                       "to");
    }
    return LV_OK;
}

static lv_status work_begin(work *w, const lv_enroll_options *options, lv_error *err)
{
    *w = (work){.options = options};
    lv_status status = lv_config_load(options->cli.dir, &w->config, err);
    if (status == LV_OK) {
        status = read_own_root(w, err);
    }
    return status == LV_OK ? choose_ca(w, err) : status;
}

/* ---- secrets ---- */

/* The text of a file without the end of its line. */
static lv_status read_secret(const char *name, lv_buffer *secret, lv_error *err)
{
    const char *path = strcmp(name, "-") == 0 ? "/dev/stdin" : name;
    lv_status status = lv_cli_read(path, LV_CA_SECRET_MAX, secret, err);
    while (status == LV_OK && secret->len > 0 &&
           (secret->data[secret->len - 1] == '\n' || secret->data[secret->len - 1] == '\r')) {
        lv_buffer_cut(secret, secret->len - 1);
    }
    if (status == LV_OK && (secret->len == 0 || strlen(lv_buffer_text(secret)) != secret->len)) {
        status = lv_fail(err, LV_E_SYNTAX, "%s: holds no secret, which is one line of text", name);
    }
    return status;
}

/* ---- telling ---- */

/* A node that runs takes what stands in msp/ now. @return whether one did. */
static bool tell_node(const char *dir)
{
    json_t *answer = NULL;
    lv_error err = {0};
    lv_status status = lv_client_post(dir, NULL, &answer, &err, "/v1/reload");
    json_decref(answer);
    if (status != LV_OK && status != LV_UNAVAILABLE) {
        fprintf(stderr, "lotveil: the node that runs does not take the new certificate: %s\n",
                err.text);
    }
    return status == LV_OK;
}

static lv_status tell(const work *w, const lv_identity *identity, lv_error *err)
{
    const char *dir = w->options->cli.dir;
    char until[32];
    char user[LV_ENROLL_USER_MAX + 1];
    bool told = tell_node(dir);
    lv_cli_time(lv_identity_valid_until(identity), until);
    lv_status status = lv_enroll_user(lv_identity_certificate(identity), user, err);
    if (status != LV_OK) {
        return status;
    }
    if (!w->options->cli.json) {
        printf("%s is enrolled as %s; the certificate is valid until %s.\n",
               w->config->organisation, user, until);
        printf("%s\n", told ? "The node that runs uses it from now on."
                            : "No node runs; the next start uses it.");
        return LV_OK;
    }
    json_t *answer =
        json_pack("{s:s, s:s, s:I, s:b}", "organisation", w->config->organisation, "user", user,
                  "valid_until", (json_int_t)lv_identity_valid_until(identity), "node_told", told);
    status = answer == NULL ? LV_E_MEMORY : lv_cli_print_json(answer, err);
    json_decref(answer);
    return status;
}

static lv_status tell_of_folder(const work *w, lv_error *err)
{
    lv_identity *identity = NULL;
    lv_status status =
        lv_msp_folder_load(w->options->cli.dir, w->config->organisation, &identity, NULL, err);
    if (status == LV_OK) {
        status = tell(w, identity, err);
    }
    lv_identity_free(identity);
    return status;
}

/* ---- enroll ---- */

/* The root that the CA names, held against what the operator knows of it by another way. */
static lv_status fetch_root(work *w, lv_error *err)
{
    lv_buffer named = {0};
    lv_buffer known = {0};
    const lv_enroll_options *o = w->options;
    if (o->root_file == NULL && o->root_sha256 == NULL) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "--root FILE or --root-sha256 HEX is needed at the first enrolment: by it "
                       "you know the CA's root, which will stand for your organisation");
    }
    lv_status status =
        o->root_file == NULL ? LV_OK : lv_cli_read(o->root_file, PEM_FILE_MAX, &known, err);
    if (status == LV_OK) {
        status = lv_ca_root(&w->ca, &named, err);
    }
    if (status == LV_OK) {
        status = lv_enroll_check_root(lv_buffer_view(&named), lv_buffer_view(&known),
                                      o->root_sha256, &w->root, err);
    }
    lv_buffer_free(&named);
    lv_buffer_free(&known);
    return status;
}

/* Names under which the others reach the node: as given, else those of the certificate before, else
 * where it listens. */
static lv_status choose_hosts(const work *w, const char *listen[2], lv_hosts *before,
                              lv_enroll_subject *subject, lv_error *err)
{
    const lv_enroll_options *o = w->options;
    lv_identity *own = NULL;
    subject->hosts = o->hosts;
    subject->host_count = o->host_count;
    if (o->host_count > 0) {
        return LV_OK;
    }
    if (lv_msp_folder_load(o->cli.dir, w->config->organisation, &own, NULL, NULL) == LV_OK) {
        lv_status status = lv_hosts_read(lv_identity_certificate(own), before, err);
        lv_identity_free(own);
        subject->hosts = (const char *const *)before->names;
        subject->host_count = before->count;
        return status;
    }
    listen[0] = w->config->listen_host;
    listen[1] = "localhost";
    if (strcmp(listen[0], "0.0.0.0") == 0 || strcmp(listen[0], "::") == 0) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "config.yaml lets the node listen on every address; say with --host NAME "
                       "under which name the others reach it");
    }
    subject->hosts = listen;
    subject->host_count = strcmp(listen[0], "127.0.0.1") == 0 ? 2 : 1;
    return LV_OK;
}

static lv_status write_identity(work *w, const lv_organisation *made, lv_error *err)
{
    const char *dir = w->options->cli.dir;
    char *msp = lv_cli_path(dir, "msp", err);
    char *card = lv_cli_path(dir, "card.json", err);
    lv_status status = LV_E_MEMORY;
    if (msp != NULL && card != NULL) {
        status = lv_file_exists(msp) ? lv_msp_folder_replace(dir, w->config->organisation,
                                                             lv_buffer_view(&made->certificate),
                                                             lv_buffer_view(&made->key), err)
                                     : lv_msp_folder_adopt(dir, made, err);
    }
    if (status == LV_OK && !lv_file_exists(card)) {
        lv_card own = {0};
        const char *host = w->options->host_count > 0 ? w->options->hosts[0] : NULL;
        status = lv_card_introduce(w->config, host, &own, err);
        lv_card_free(&own);
    }
    free(card);
    free(msp);
    return status;
}

static lv_status get_certificate(work *w, const lv_enroll_subject *subject, lv_error *err)
{
    lv_buffer secret = {0};
    lv_organisation made = {0};
    lv_status status = read_secret(w->options->secret_file, &secret, err);
    if (status == LV_OK) {
        status = lv_buffer_append(&made.ca_certificate, w->root.data, w->root.len);
    }
    if (status == LV_OK) {
        status = lv_ca_enroll(&w->ca, subject, lv_buffer_view(&secret), &made, err);
    }
    if (status == LV_OK) {
        status = write_identity(w, &made, err);
    }
    lv_buffer_wipe(&secret);
    lv_organisation_wipe(&made);
    return status;
}

lv_status lv_enroll_get(const lv_enroll_options *options, lv_error *err)
{
    work w;
    lv_hosts before = {0};
    const char *listen[2];
    lv_enroll_subject subject = {.user = options->user};
    lv_status status = work_begin(&w, options, err);
    if (status == LV_OK) {
        subject.msp_id = w.config->organisation;
        status = choose_hosts(&w, listen, &before, &subject, err);
    }
    if (status == LV_OK && w.root.len == 0) {
        status = fetch_root(&w, err);
    }
    if (status == LV_OK) {
        status = get_certificate(&w, &subject, err);
    }
    if (status == LV_OK) {
        status = tell_of_folder(&w, err);
    }
    lv_hosts_free(&before);
    work_free(&w);
    return status;
}

/* ---- renew and register ---- */

static lv_status load_own(const work *w, lv_identity **out, lv_error *err)
{
    lv_status status =
        lv_msp_folder_load(w->options->cli.dir, w->config->organisation, out, NULL, err);
    /* A folder without identity is a wrong --dir, or one that was never enrolled: bad input. */
    return status == LV_NOT_FOUND ? LV_E_CONFIG : status;
}

lv_status lv_enroll_renew(const lv_enroll_options *options, lv_error *err)
{
    work w;
    lv_identity *own = NULL;
    lv_status status = work_begin(&w, options, err);
    if (status == LV_OK) {
        status = load_own(&w, &own, err);
    }
    if (status == LV_OK) {
        status = lv_ca_renew(&w.ca, options->cli.dir, own, lv_buffer_view(&w.root), err);
    }
    if (status == LV_OK) {
        status = tell_of_folder(&w, err);
    }
    lv_identity_free(own);
    work_free(&w);
    return status;
}

static lv_status tell_registered(const work *w, lv_error *err)
{
    const lv_enroll_options *o = w->options;
    if (!o->cli.json) {
        printf("%s is registered as %s; its secret stands in %s.\n", o->user, o->type,
               o->secret_out);
        return LV_OK;
    }
    json_t *answer = json_pack("{s:s, s:s, s:s}", "user", o->user, "type", o->type, "secret_file",
                               o->secret_out);
    lv_status status = answer == NULL ? LV_E_MEMORY : lv_cli_print_json(answer, err);
    json_decref(answer);
    return status;
}

static lv_status register_user(const work *w, const lv_identity *own, lv_error *err)
{
    const lv_enroll_options *o = w->options;
    lv_buffer given = {0};
    lv_buffer secret = {0};
    lv_status status = o->secret_file == NULL ? LV_OK : read_secret(o->secret_file, &given, err);
    if (status == LV_OK) {
        const lv_ca_registration asked = {.user = o->user,
                                          .type = o->type,
                                          .affiliation = o->affiliation,
                                          .secret = lv_buffer_view(&given),
                                          .enrollments = o->enrollments};
        status = lv_ca_register(&w->ca, own, &asked, &secret, err);
    }
    if (status == LV_OK) {
        status = lv_file_write(o->secret_out, lv_buffer_view(&secret), 0600, err);
        if (status != LV_OK) {
            lv_error_prefix(
                err, "%s is registered, but its secret is lost; register another id: ", o->user);
        }
    }
    lv_buffer_wipe(&given);
    lv_buffer_wipe(&secret);
    return status;
}

lv_status lv_enroll_register(const lv_enroll_options *options, lv_error *err)
{
    work w;
    lv_identity *own = NULL;
    if (lv_file_exists(options->secret_out)) {
        return lv_fail(err, LV_EXISTS, "%s stands already and nothing is overwritten",
                       options->secret_out);
    }
    lv_status status = work_begin(&w, options, err);
    if (status == LV_OK) {
        status = load_own(&w, &own, err);
    }
    if (status == LV_OK) {
        status = register_user(&w, own, err);
    }
    if (status == LV_OK) {
        status = tell_registered(&w, err);
    }
    lv_identity_free(own);
    work_free(&w);
    return status;
}
