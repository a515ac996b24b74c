#include "base/file.h"
#include "base/log.h"
#include "node/node_parts.h"
#include <stdlib.h>

#define VAULT_NAME "vault.key"
#define MARK_LABEL "node/mark"
#define PASSPHRASE_VARIABLE "LOTVEIL_PASSPHRASE"

static const char MARK[] = "lotveil";

static lv_status load_mark(lv_node *node, lv_buffer *mark, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_query(node->store, err, &row, "SELECT mark FROM vault WHERE id = 1", "");
    if (status == LV_OK) {
        status = lv_store_next(node->store, row, err);
    }
    if (status == LV_OK) {
        lv_bytes bytes = lv_store_bytes(row, 0);
        status = lv_buffer_append(mark, bytes.data, bytes.len);
    }
    if (row != NULL) {
        lv_store_done(row);
    }
    return lv_store_end(node->store, status == LV_NOT_FOUND ? LV_OK : status, err);
}

static lv_status save_mark(lv_node *node, lv_error *err)
{
    lv_buffer mark = {0};
    lv_status status = lv_vault_seal(node->vault, MARK_LABEL, lv_bytes_of_text(MARK), &mark, err);
    if (status == LV_OK) {
        status = lv_store_begin(node->store, err);
    }
    if (status == LV_OK) {
        status = lv_store_run(node->store, err, "INSERT INTO vault(id, mark) VALUES (1, ?)", "b",
                              lv_buffer_view(&mark));
        status = lv_store_end(node->store, status, err);
    }
    lv_buffer_free(&mark);
    return status;
}

static lv_status check_mark(const lv_node *node, const char *path, const lv_buffer *mark,
                            lv_error *err)
{
    lv_buffer secret = {0};
    lv_status status = lv_vault_unseal(node->vault, MARK_LABEL, lv_buffer_view(mark), &secret, err);
    lv_buffer_wipe(&secret);
    return status != LV_INVALID
               ? status
               : lv_fail(err, LV_E_CORRUPT,
                         "%s: is not the key that the store beside it was made with; put the "
                         "right one back",
                         path);
}

/* The key file is whole before anything is sealed with it, and the mark comes after it, so that a
 * kill in between leaves a key without a mark, which the next start takes. */
static lv_status make_key(const char *path, const char *passphrase, lv_error *err)
{
    lv_buffer file = {0};
    lv_status status = lv_vault_create(passphrase, &file, err);
    if (status == LV_OK) {
        status = lv_file_write(path, lv_buffer_view(&file), 0600, err);
    }
    lv_buffer_wipe(&file);
    if (status == LV_OK) {
        lv_log(LV_LOG_INFO, "node", "made %s, %s", path,
               passphrase != NULL ? "under the passphrase" : "without a passphrase");
    }
    return status;
}

static lv_status read_key(lv_node *node, const char *path, const char *passphrase, lv_error *err)
{
    lv_buffer file = {0};
    lv_status status = lv_file_read(path, LV_VAULT_FILE_MAX, &file, err);
    if (status == LV_OK) {
        status = lv_vault_open(lv_buffer_view(&file), passphrase, &node->vault, err);
        if (status != LV_OK) {
            lv_error_prefix(err, "%s (" PASSPHRASE_VARIABLE " %s): ", path,
                            passphrase != NULL ? "is set" : "is not set");
        }
    }
    lv_buffer_wipe(&file);
    return status;
}

lv_status lv_node_vault_open(lv_node *node, const char *state_folder, lv_error *err)
{
    const char *passphrase = getenv(PASSPHRASE_VARIABLE);
    lv_buffer mark = {0};
    char *path = lv_path_join(state_folder, VAULT_NAME);
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    if (passphrase != NULL && passphrase[0] == '\0') {
        passphrase = NULL;
    }
    lv_status status = load_mark(node, &mark, err);
    if (status == LV_OK && !lv_file_exists(path)) {
        status = mark.len == 0
                     ? make_key(path, passphrase, err)
                     : lv_fail(err, LV_E_CORRUPT,
                               "%s: is missing, and what the store beside it holds cannot be read "
                               "without it; put it back from a backup",
                               path);
    }
    if (status == LV_OK) {
        status = read_key(node, path, passphrase, err);
    }
    if (status == LV_OK) {
        status = mark.len == 0 ? save_mark(node, err) : check_mark(node, path, &mark, err);
    }
    lv_buffer_free(&mark);
    free(path);
    return status;
}
