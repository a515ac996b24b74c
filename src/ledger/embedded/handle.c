#include "ledger/embedded/handle.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

lv_status lv_embedded_path(const char *folder, const char *channel, char **out, lv_error *err)
{
    *out = NULL;
    if (!lv_name_is_valid(channel)) {
        return lv_fail(err, LV_E_ARGUMENT, "ledger: not a name for a channel");
    }
    lv_buffer name = {0};
    lv_status status = lv_buffer_printf(&name, "%s.ledger", channel);
    if (status == LV_OK) {
        *out = lv_path_join(folder, lv_buffer_text(&name));
        status = *out != NULL ? LV_OK : LV_E_MEMORY;
    }
    lv_buffer_free(&name);
    return status;
}

/* SQLite goes on writing to a file that was moved away, and what it acknowledges is then lost. */
static lv_status check_same_file(const lv_embedded *self, lv_error *err)
{
    struct stat info;
    if (stat(self->path, &info) != 0) {
        return lv_fail(err, LV_E_CORRUPT, "%s: gone while in use: %s", self->path, strerror(errno));
    }
    if (info.st_dev != self->device || info.st_ino != self->inode) {
        return lv_fail(err, LV_E_CORRUPT, "%s: replaced by another file while in use", self->path);
    }
    return LV_OK;
}

lv_status lv_lane_begin(lv_embedded *self, lv_lane *lane, bool write, lv_error *err)
{
    lv_status status = check_same_file(self, err);
    if (status != LV_OK) {
        return status;
    }
    pthread_mutex_lock(&lane->mutex);
    status = lv_conn_begin(&lane->conn, write, err);
    if (status != LV_OK) {
        pthread_mutex_unlock(&lane->mutex);
    }
    return status;
}

lv_status lv_lane_end(lv_lane *lane, lv_status status, lv_error *err)
{
    status = lv_conn_end(&lane->conn, status, err);
    pthread_mutex_unlock(&lane->mutex);
    return status;
}

lv_tip lv_embedded_tip(lv_embedded *self)
{
    pthread_mutex_lock(&self->tip_mutex);
    lv_tip tip = self->tip;
    pthread_mutex_unlock(&self->tip_mutex);
    return tip;
}

void lv_embedded_advance(lv_embedded *self, const lv_tip *tip)
{
    pthread_mutex_lock(&self->tip_mutex);
    if (tip->number > self->tip.number) {
        self->tip = *tip;
    }
    pthread_mutex_unlock(&self->tip_mutex);
}

static lv_status check_stands(const lv_embedded *self, lv_conn *conn, const lv_tip *from,
                              uint64_t head, lv_error *err)
{
    if (head < from->number) {
        return lv_fail(err, LV_E_CORRUPT,
                       "%s: was shortened: it ended with block %" PRIu64 " and now with %" PRIu64,
                       self->path, from->number, head);
    }
    lv_block block = {0};
    lv_status status = lv_walk_peek(conn, from->number, &block, err);
    if (status == LV_NOT_FOUND) {
        return LV_E_CORRUPT;
    }
    if (status == LV_OK && !lv_digest_equal(&block.hash, &from->hash)) {
        return lv_fail(err, LV_E_CORRUPT, "%s: block %" PRIu64 " was rewritten", self->path,
                       from->number);
    }
    return status;
}

lv_status lv_embedded_catch_up(lv_embedded *self, lv_conn *conn, const lv_tip *from, lv_tip *tip,
                               lv_error *err)
{
    *tip = *from;
    uint64_t head = 0;
    lv_status status = lv_walk_head(conn, &head, err);
    if (status == LV_OK) {
        status = check_stands(self, conn, from, head, err);
    }
    while (status == LV_OK && tip->number < head) {
        lv_block block = {0};
        status = lv_walk_header(conn, &self->channel, tip, &block, err);
        if (status == LV_OK) {
            *tip = lv_block_tip(&block);
        }
    }
    if (status == LV_OK) {
        lv_embedded_advance(self, tip);
    }
    return status == LV_NOT_FOUND ? LV_E_CORRUPT : status;
}

/* utimensat does not open the file: closing a descriptor of a database would drop SQLite's locks.
 * Where it fails, watchers find the block a little later by themselves. */
void lv_embedded_ring(const lv_embedded *self) { (void)utimensat(AT_FDCWD, self->path, NULL, 0); }
