/* The node's certificate while it runs: taken anew from msp/ when that changes, told when it ends
 * soon, and renewed at a Fabric CA where config.yaml names one. */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "identity/msp_folder.h"
#include "node/ca.h"
#include "node/node_parts.h"
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOOK_MS 2000 /* between two looks at msp/ */
#define DAY 86400
#define WARN_DAYS 14
#define WARN_AGAIN_SECONDS 86400.0
#define CA_SECONDS 30U          /* of one request to the CA */
#define RETRY_SECONDS 5.0       /* after the first failure; doubled with each */
#define RETRY_SECONDS_MAX 900.0 /* but not beyond this */
#define LIFE_FRACTION 3 /* a short-lived certificate is renewed in the last third of its life */

/* What changes with the files that hold the identity. */
typedef struct {
    struct timespec certificate;
    struct timespec keystore;
    ino_t inode;
    off_t size;
} stamp;

struct lv_keeper {
    pthread_mutex_t mutex; /* one at a time takes from msp/; guards what follows */
    stamp seen;            /* of the files that were last tried */
    lv_error refused;      /* why they are not in use; empty: they are */
    double warned;         /* lv_clock_seconds of the last warning; 0: none yet */
    unsigned failures;     /* of renewals, since one was done */
    double next_try;
};

lv_status lv_keeper_new(lv_keeper **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&(*out)->mutex, NULL);
    return LV_OK;
}

void lv_keeper_free(lv_keeper *keeper)
{
    if (keeper != NULL) {
        pthread_mutex_destroy(&keeper->mutex);
        free(keeper);
    }
}

/* ---- taking from msp/ ---- */

static void stat_part(const lv_node *node, const char *name, struct stat *out)
{
    char *path = lv_path_join(node->config->folder, name);
    if (path == NULL || stat(path, out) != 0) {
        *out = (struct stat){0};
    }
    free(path);
}

static stamp stamp_of(const lv_node *node)
{
    struct stat certificate;
    struct stat keystore;
    stat_part(node, "msp/signcerts/cert.pem", &certificate);
    stat_part(node, "msp/keystore", &keystore);
    return (stamp){.certificate = certificate.st_mtim,
                   .keystore = keystore.st_mtim,
                   .inode = certificate.st_ino,
                   .size = certificate.st_size};
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_stamp(const stamp *a, const stamp *b)
{
    return same_time(a->certificate, b->certificate) && same_time(a->keystore, b->keystore) &&
           a->inode == b->inode && a->size == b->size;
}

lv_status lv_node_check_identity(const lv_node *node, const lv_identity *identity, lv_error *err)
{
    const char *msp = NULL;
    lv_status status = lv_trust_check_certificate(node->trust, lv_identity_certificate(identity),
                                                  lv_clock_now(), &msp, err);
    if (status == LV_OK && strcmp(msp, node->config->organisation) != 0) {
        status = lv_fail(err, LV_INVALID, "belongs to %s", msp);
    }
    if (status == LV_INVALID) {
        lv_error_prefix(err, "%s/msp: this organisation's own certificate: ", node->config->folder);
    }
    return status;
}

/* The others know this organisation by its root: another one is no matter of a running node. */
static lv_status check_root(const lv_node *node, const lv_buffer *root, lv_error *err)
{
    if (!lv_bytes_equal(lv_buffer_view(root),
                        lv_trust_root(node->trust, node->config->organisation))) {
        return lv_fail(err, LV_INVALID,
                       "%s/msp/cacerts/ca.pem: is not the root that the node started with; give "
                       "the new one to the other organisations and start the node again",
                       node->config->folder);
    }
    return LV_OK;
}

static lv_status load(const lv_node *node, lv_identity **out, lv_error *err)
{
    lv_buffer root = {0};
    const lv_config *config = node->config;
    lv_status status = lv_msp_folder_load(config->folder, config->organisation, out, &root, err);
    if (status == LV_OK) {
        status = check_root(node, &root, err);
    }
    if (status == LV_OK) {
        status = lv_node_check_identity(node, *out, err);
    }
    lv_buffer_free(&root);
    if (status != LV_OK) {
        lv_identity_free(*out);
        *out = NULL;
    }
    return status;
}

static lv_status tell_ledgers(lv_node *node, const lv_identity *identity, const lv_identity *before,
                              lv_error *err)
{
    lv_status status =
        node->quality != NULL ? lv_ledger_set_identity(node->quality, identity, err) : LV_OK;
    if (status == LV_OK && node->xor != NULL) {
        status = lv_ledger_set_identity(node->xor, identity, err);
        if (status != LV_OK && node->quality != NULL) {
            /* All of the node goes on with one: what was good until now is good again. */
            lv_status back = lv_ledger_set_identity(node->quality, before, NULL);
            (void)back;
        }
    }
    return status;
}

static void log_certificate(const lv_identity *identity, const char *what)
{
    char until[32] = "";
    struct tm parts;
    time_t end = (time_t)lv_identity_valid_until(identity);
    if (gmtime_r(&end, &parts) != NULL) {
        strftime(until, sizeof until, "%Y-%m-%d %H:%M:%SZ", &parts);
    }
    lv_log(LV_LOG_INFO, "identity", "%s; it is valid until %s", what, until);
}

static lv_status put_in_use(lv_node *node, const lv_identity *identity, lv_error *err)
{
    lv_identity *before = lv_node_identity(node);
    lv_status status = tell_ledgers(node, identity, before, err);
    lv_identity_free(before);
    if (status != LV_OK) {
        return status;
    }
    lv_identity_slot_set(&node->identity, identity);
    pthread_mutex_lock(&node->lock);
    if (node->server != NULL) {
        lv_http_set_identity(node->server, identity);
    }
    pthread_mutex_unlock(&node->lock);
    log_certificate(identity, "another certificate is in use");
    return LV_OK;
}

static bool is_in_use(lv_node *node, const lv_identity *identity)
{
    lv_identity *own = lv_node_identity(node);
    bool same = lv_bytes_equal(lv_identity_certificate(own), lv_identity_certificate(identity));
    lv_identity_free(own);
    return same;
}

/* Under the keeper's mutex. */
static lv_status reload(lv_node *node, bool *changed, lv_error *err)
{
    lv_keeper *keeper = node->keeper;
    lv_identity *identity = NULL;
    lv_error why = {0};
    *changed = false;
    keeper->seen = stamp_of(node);
    lv_status status = load(node, &identity, &why);
    if (status == LV_OK && !is_in_use(node, identity)) {
        status = put_in_use(node, identity, &why);
        *changed = status == LV_OK;
        keeper->warned = *changed ? 0 : keeper->warned;
    }
    lv_identity_free(identity);
    if (status != LV_OK) {
        if (why.text[0] == '\0') {
            status = lv_fail(&why, status, "%s", lv_status_name(status));
        }
        if (strcmp(why.text, keeper->refused.text) != 0) {
            lv_log(LV_LOG_WARN, "identity",
                   "what stands in msp/ cannot be used, the node goes on with the certificate it "
                   "has: %s",
                   why.text);
        }
        keeper->refused = why;
        return lv_fail(err, status, "%s", why.text);
    }
    keeper->refused = (lv_error){0};
    return LV_OK;
}

lv_status lv_node_reload(lv_node *node, bool *changed, lv_error *err)
{
    pthread_mutex_lock(&node->keeper->mutex);
    lv_status status = reload(node, changed, err);
    pthread_mutex_unlock(&node->keeper->mutex);
    return status;
}

/* What could not be used may be whole at the next look: its key may come last. */
static void look(lv_node *node)
{
    lv_keeper *keeper = node->keeper;
    bool changed = false;
    pthread_mutex_lock(&keeper->mutex);
    stamp now = stamp_of(node);
    if (!same_stamp(&now, &keeper->seen) || keeper->refused.text[0] != '\0') {
        lv_status status = reload(node, &changed, NULL); /* logs what it finds wrong */
        (void)status;
    }
    pthread_mutex_unlock(&keeper->mutex);
}

/* ---- its end ---- */

static int64_t days_left(const lv_identity *identity)
{
    int64_t seconds = lv_identity_valid_until(identity) - lv_clock_now();
    return seconds >= 0 ? seconds / DAY : -1;
}

/* What to say of a certificate that ends soon; empty where it does not. */
static void warning_of(const lv_identity *identity, char words[LV_ERROR_TEXT_MAX])
{
    int64_t days = days_left(identity);
    words[0] = '\0';
    if (days < 0) {
        snprintf(words, LV_ERROR_TEXT_MAX,
                 "this organisation's certificate has expired: nothing it signs counts; renew it");
    } else if (days < WARN_DAYS) {
        snprintf(words, LV_ERROR_TEXT_MAX,
                 "this organisation's certificate ends in less than %" PRId64 " days; renew it",
                 days + 1);
    }
}

static void warn(lv_node *node)
{
    char words[LV_ERROR_TEXT_MAX];
    lv_keeper *keeper = node->keeper;
    lv_identity *own = lv_node_identity(node);
    warning_of(own, words);
    lv_identity_free(own);
    double now = lv_clock_seconds();
    pthread_mutex_lock(&keeper->mutex);
    bool due = keeper->warned == 0 || now - keeper->warned >= WARN_AGAIN_SECONDS;
    if (words[0] != '\0' && due) {
        lv_log(LV_LOG_WARN, "identity", "%s", words);
        keeper->warned = now;
    }
    pthread_mutex_unlock(&keeper->mutex);
}

lv_status lv_node_describe_identity(lv_node *node, json_t *health)
{
    char words[LV_ERROR_TEXT_MAX];
    lv_identity *own = lv_node_identity(node);
    warning_of(own, words);
    pthread_mutex_lock(&node->keeper->mutex);
    const char *refused = node->keeper->refused.text;
    json_t *entry = json_pack(
        "{s:I, s:I, s:s?, s:s?}", "valid_until", (json_int_t)lv_identity_valid_until(own),
        "days_left", (json_int_t)days_left(own), "warning", words[0] != '\0' ? words : NULL,
        "not_in_use", refused[0] != '\0' ? refused : NULL);
    pthread_mutex_unlock(&node->keeper->mutex);
    lv_identity_free(own);
    return json_object_set_new(health, "certificate", entry) == 0 ? LV_OK : LV_E_MEMORY;
}

/* ---- renewal ---- */

static bool is_due(const lv_identity *own, unsigned renew_days)
{
    int64_t until = lv_identity_valid_until(own);
    int64_t ahead = (int64_t)renew_days * DAY;
    int64_t part = (until - lv_identity_valid_from(own)) / LIFE_FRACTION;
    return until - lv_clock_now() < (part < ahead ? part : ahead);
}

static bool is_stopping(void *node) { return lv_node_stopping(node); }

static lv_status renew_once(lv_node *node, const lv_identity *own, lv_error *err)
{
    const lv_config_enroll *enroll = node->config->enroll;
    lv_bytes root = lv_trust_root(node->trust, node->config->organisation);
    const lv_ca ca = {
        .url = enroll->ca,
        .name = enroll->ca_name,
        .roots = enroll->tls_roots.len > 0 ? lv_buffer_view(&enroll->tls_roots) : root,
        .seconds = CA_SECONDS,
        .cancelled = is_stopping,
        .context = node,
    };
    bool changed = false;
    lv_status status = lv_ca_renew(&ca, node->config->folder, own, root, err);
    return status == LV_OK ? lv_node_reload(node, &changed, err) : status;
}

static double pause_after(unsigned failures)
{
    double pause = RETRY_SECONDS;
    for (unsigned i = 1; i < failures && pause < RETRY_SECONDS_MAX; i++) {
        pause *= 2;
    }
    return pause < RETRY_SECONDS_MAX ? pause : RETRY_SECONDS_MAX;
}

/* Only the keeper's own thread renews, and it alone touches the count of failures. */
static void renew(lv_node *node)
{
    lv_keeper *keeper = node->keeper;
    lv_error err = {0};
    if (node->config->enroll == NULL || lv_clock_seconds() < keeper->next_try) {
        return;
    }
    lv_identity *own = lv_node_identity(node);
    bool due = is_due(own, node->config->enroll->renew_days);
    lv_status status = due ? renew_once(node, own, &err) : LV_OK;
    lv_identity_free(own);
    if (!due || lv_node_stopping(node)) {
        return;
    }
    keeper->failures = status == LV_OK ? 0 : keeper->failures + 1;
    double pause = pause_after(keeper->failures);
    keeper->next_try = lv_clock_seconds() + pause;
    if (status != LV_OK) {
        lv_log(LV_LOG_WARN, "identity",
               "the certificate could not be renewed at %s (try %u, the next in %.0f s): %s",
               node->config->enroll->ca, keeper->failures, pause,
               err.text[0] != '\0' ? err.text : lv_status_name(status));
    }
}

void lv_node_keep_identity(lv_node *node)
{
    struct pollfd end = {.fd = node->stop_fd, .events = POLLIN};
    while (!lv_node_stopping(node)) {
        renew(node);
        look(node);
        warn(node);
        poll(&end, 1, LOOK_MS);
    }
}
