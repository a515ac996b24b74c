#include "ledger/embedded/handle.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void embedded_close(lv_ledger *ledger);
static lv_status embedded_set_identity(lv_ledger *ledger, const lv_identity *identity,
                                       lv_error *err);

static const lv_channel *embedded_channel(const lv_ledger *ledger)
{
    return &((const lv_embedded *)ledger)->channel;
}

static const lv_ledger_backend BACKEND = {
    .submit = lv_embedded_submit,
    .read = lv_embedded_read,
    .head = lv_embedded_head,
    .check_head = lv_embedded_check_head,
    .watch_open = lv_embedded_watch_open,
    .watch_next = lv_embedded_watch_next,
    .watch_wake = lv_embedded_watch_wake,
    .watch_close = lv_embedded_watch_close,
    .channel = embedded_channel,
    .set_identity = embedded_set_identity,
    .close = embedded_close,
};

lv_embedded *lv_embedded_of(lv_ledger *ledger)
{
    return ledger->backend == &BACKEND ? (lv_embedded *)ledger : NULL;
}

static lv_status check_member(const lv_embedded *self, const lv_identity *identity, lv_error *err)
{
    lv_status status = lv_ledger_check_member(&self->channel, identity, err);
    if (status == LV_REFUSED) {
        lv_error_prefix(err, "%s: ", self->path);
    }
    return status;
}

static lv_status embedded_set_identity(lv_ledger *ledger, const lv_identity *identity,
                                       lv_error *err)
{
    lv_embedded *self = (lv_embedded *)ledger;
    if (strcmp(lv_identity_msp(identity), self->msp) != 0) {
        return lv_fail(err, LV_REFUSED, "%s: opened as %s, and cannot go on as %s", self->path,
                       self->msp, lv_identity_msp(identity));
    }
    lv_status status = check_member(self, identity, err);
    if (status == LV_OK) {
        lv_identity_slot_set(&self->identity, identity);
    }
    return status;
}

/* Genesis and newest header: what this handle starts from. The blocks between are checked by who
 * watches them, and wholly by lv_embedded_verify. */
static lv_status read_ends(lv_embedded *self, const char *channel, lv_error *err)
{
    lv_conn *conn = &self->reader.conn;
    uint64_t head = 0;
    lv_status status = lv_walk_genesis(conn, channel, &self->channel, &self->tip, err);
    if (status == LV_OK) {
        status = lv_walk_head(conn, &head, err);
    }
    if (status != LV_OK || head == 0) {
        return status;
    }
    lv_block before = {0};
    lv_block newest = {0};
    status = lv_walk_peek(conn, head - 1, &before, err);
    if (status == LV_OK) {
        const lv_tip previous = lv_block_tip(&before);
        status = lv_walk_header(conn, &self->channel, &previous, &newest, err);
    }
    if (status == LV_OK) {
        self->tip = lv_block_tip(&newest);
    }
    return status == LV_NOT_FOUND ? LV_E_CORRUPT : status;
}

static lv_status fill(lv_embedded *self, const char *folder, const char *channel,
                      const lv_identity *identity, lv_error *err)
{
    lv_status status = lv_embedded_path(folder, channel, &self->path, err);
    if (status != LV_OK) {
        return status;
    }
    self->folder = strdup(folder);
    if (self->folder == NULL) {
        return LV_E_MEMORY;
    }
    status = lv_conn_open(self->path, channel, LV_DB_WRITE, &self->reader.conn, err);
    if (status == LV_OK) {
        status = lv_conn_open(self->path, channel, LV_DB_WRITE, &self->writer.conn, err);
    }
    struct stat info;
    if (status == LV_OK && stat(self->path, &info) != 0) {
        status = lv_fail(err, LV_E_IO, "%s: %s", self->path, strerror(errno));
    }
    if (status == LV_OK) {
        self->device = info.st_dev;
        self->inode = info.st_ino;
        status = lv_lane_begin(self, &self->reader, false, err);
    }
    if (status == LV_OK) {
        status = lv_lane_end(&self->reader, read_ends(self, channel, err), err);
    }
    return status == LV_OK ? check_member(self, identity, err) : status;
}

lv_status lv_embedded_open(const char *folder, const char *channel, const lv_identity *identity,
                           lv_ledger **out, lv_error *err)
{
    *out = NULL;
    lv_embedded *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return LV_E_MEMORY;
    }
    self->base.backend = &BACKEND;
    lv_identity_slot_init(&self->identity, identity);
    snprintf(self->msp, sizeof self->msp, "%s", lv_identity_msp(identity));
    pthread_mutex_init(&self->reader.mutex, NULL);
    pthread_mutex_init(&self->writer.mutex, NULL);
    pthread_mutex_init(&self->tip_mutex, NULL);
    lv_status status = fill(self, folder, channel, identity, err);
    if (status != LV_OK) {
        embedded_close(&self->base);
        return status;
    }
    *out = &self->base;
    return LV_OK;
}

static void embedded_close(lv_ledger *ledger)
{
    lv_embedded *self = (lv_embedded *)ledger;
    lv_conn_close(&self->reader.conn);
    lv_conn_close(&self->writer.conn);
    pthread_mutex_destroy(&self->reader.mutex);
    pthread_mutex_destroy(&self->writer.mutex);
    pthread_mutex_destroy(&self->tip_mutex);
    lv_channel_free(&self->channel);
    lv_identity_slot_clear(&self->identity);
    free(self->folder);
    free(self->path);
    free(self);
}
