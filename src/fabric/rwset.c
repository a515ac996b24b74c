#include "fabric/rwset.h"
#include "fabric.pb-c.h"
#include "fabric/limits.h"
#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

typedef Lotveil__Fabric__TxReadWriteSet tx_set;
typedef Lotveil__Fabric__NsReadWriteSet ns_set;
typedef Lotveil__Fabric__KVRWSet kv_set;

/* ---- holding one to what the chaincode does ---- */

/* Bytes by length and content, so that a record is found among thousands of values. */
static int by_bytes(const void *a, const void *b)
{
    const lv_bytes *left = a;
    const lv_bytes *right = b;
    if (left->len != right->len) {
        return left->len < right->len ? -1 : 1;
    }
    return left->len == 0 ? 0 : memcmp(left->data, right->data, left->len);
}

static lv_status check_records(const kv_set *set, const lv_bytes *records, size_t count,
                               lv_error *err)
{
    size_t written = set == NULL ? 0 : set->n_writes;
    lv_bytes *values = calloc(written + 1, sizeof *values);
    if (values == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < written; i++) {
        values[i] = lv_wire_view(&set->writes[i]->value);
    }
    qsort(values, written, sizeof *values, by_bytes);
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        if (bsearch(&records[i], values, written, sizeof *values, by_bytes) == NULL) {
            status = lv_fail(err, LV_INVALID, "write set: record %zu of %zu is not written whole",
                             i + 1, count);
        }
    }
    free(values);
    return status;
}

static lv_status check_own(const kv_set *set, lv_error *err)
{
    if (set->n_metadata_writes != 0) {
        return lv_fail(err, LV_INVALID,
                       "write set: it changes the endorsement policy of a single key");
    }
    for (size_t i = 0; i < set->n_writes; i++) {
        if (set->writes[i]->is_delete) {
            return lv_fail(err, LV_INVALID, "write set: it deletes a key");
        }
    }
    return LV_OK;
}

static lv_status check_other(const ns_set *ns, const kv_set *set, lv_error *err)
{
    if (set->n_writes != 0 || set->n_metadata_writes != 0) {
        return lv_fail(err, LV_INVALID, "write set: it writes in the namespace %s", ns->namespace_);
    }
    return LV_OK;
}

static lv_status read_namespace(const ns_set *ns, const char *chaincode, ProtobufCMessage **message,
                                lv_error *err)
{
    if (strcmp(ns->namespace_, chaincode) != 0 && strcmp(ns->namespace_, "_lifecycle") != 0) {
        return lv_fail(err, LV_INVALID, "write set: it touches the namespace %s", ns->namespace_);
    }
    if (ns->n_collection_hashed_rwset != 0) {
        return lv_fail(err, LV_INVALID, "write set: it touches a private collection of %s",
                       ns->namespace_);
    }
    return lv_wire_unpack(&lotveil__fabric__kvrwset__descriptor, lv_wire_view(&ns->rwset),
                          LV_FABRIC_MESSAGE_MAX, message, err);
}

/* Each namespace once, or what one part leaves out another could put in. */
static bool stands_twice(const tx_set *set, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(set->ns_rwset[i]->namespace_, set->ns_rwset[index]->namespace_) == 0) {
            return true;
        }
    }
    return false;
}

/* Leaves the set of our namespace in `own`, to be freed by the caller. */
static lv_status check_namespace(const ns_set *ns, const char *chaincode, ProtobufCMessage **own,
                                 lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status = read_namespace(ns, chaincode, &message, err);
    if (message == NULL) {
        return status;
    }
    if (strcmp(ns->namespace_, chaincode) == 0) {
        *own = message;
        return check_own((const kv_set *)message, err);
    }
    status = check_other(ns, (const kv_set *)message, err);
    lv_wire_free(message);
    return status;
}

static lv_status check_set(const tx_set *set, const char *chaincode, const lv_bytes *records,
                           size_t count, lv_error *err)
{
    ProtobufCMessage *own = NULL;
    lv_status status = LV_OK;
    if (set->data_model != LOTVEIL__FABRIC__TX_READ_WRITE_SET__DATA_MODEL__KV) {
        return lv_fail(err, LV_INVALID, "write set: of an unknown data model");
    }
    for (size_t i = 0; status == LV_OK && i < set->n_ns_rwset; i++) {
        status = stands_twice(set, i)
                     ? lv_fail(err, LV_INVALID, "write set: a namespace stands twice")
                     : check_namespace(set->ns_rwset[i], chaincode, &own, err);
    }
    if (status == LV_OK) {
        status = check_records((const kv_set *)own, records, count, err);
    }
    lv_wire_free(own);
    return status;
}

lv_status lv_rwset_check(lv_bytes results, const char *chaincode, const lv_bytes *records,
                         size_t record_count, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status = lv_wire_unpack(&lotveil__fabric__tx_read_write_set__descriptor, results,
                                      LV_FABRIC_MESSAGE_MAX, &message, err);
    if (status == LV_OK) {
        status = check_set((const tx_set *)message, chaincode, records, record_count, err);
    }
    lv_wire_free(message);
    return status;
}

/* ---- reading what was written ---- */

static lv_status take_write(const Lotveil__Fabric__KVWrite *wire, lv_fabric_block_write *write)
{
    write->key = strdup(wire->key);
    if (write->key == NULL) {
        return LV_E_MEMORY;
    }
    write->deleted = wire->is_delete;
    return lv_buffer_append(&write->value, wire->value.data, wire->value.len);
}

static lv_status take_writes(const kv_set *set, lv_fabric_block_write **writes, size_t *count)
{
    if (set->n_writes == 0) {
        return LV_OK;
    }
    *writes = calloc(set->n_writes, sizeof **writes);
    if (*writes == NULL) {
        return LV_E_MEMORY;
    }
    *count = set->n_writes;
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < set->n_writes; i++) {
        status = take_write(set->writes[i], &(*writes)[i]);
    }
    return status;
}

static const ns_set *find(const tx_set *set, const char *chaincode)
{
    for (size_t i = 0; i < set->n_ns_rwset; i++) {
        if (strcmp(set->ns_rwset[i]->namespace_, chaincode) == 0) {
            return set->ns_rwset[i];
        }
    }
    return NULL;
}

lv_status lv_rwset_writes(lv_bytes results, const char *chaincode, lv_fabric_block_write **writes,
                          size_t *count, lv_error *err)
{
    ProtobufCMessage *whole = NULL;
    ProtobufCMessage *own = NULL;
    *writes = NULL;
    *count = 0;
    lv_status status = lv_wire_read(&lotveil__fabric__tx_read_write_set__descriptor, results,
                                    LV_FABRIC_MESSAGE_MAX, &whole, err);
    if (status != LV_OK) {
        return status;
    }
    const ns_set *ns = find((const tx_set *)whole, chaincode);
    if (ns != NULL) {
        status = lv_wire_read(&lotveil__fabric__kvrwset__descriptor, lv_wire_view(&ns->rwset),
                              LV_FABRIC_MESSAGE_MAX, &own, err);
    }
    if (status == LV_OK && own != NULL) {
        status = take_writes((const kv_set *)own, writes, count);
    }
    lv_wire_free(own);
    lv_wire_free(whole);
    if (status != LV_OK) {
        lv_writes_free(*writes, *count);
        *writes = NULL;
        *count = 0;
    }
    return status;
}

void lv_writes_free(lv_fabric_block_write *writes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(writes[i].key);
        lv_buffer_free(&writes[i].value);
    }
    free(writes);
}
