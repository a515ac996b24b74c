#include "identity/msp_folder.h"
#include "base/file.h"
#include "identity/msp_folder_parts.h"
#include "identity/x509.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char NODE_OUS[] = "NodeOUs:\n"
                               "  Enable: true\n"
                               "  ClientOUIdentifier:\n"
                               "    Certificate: cacerts/ca.pem\n"
                               "    OrganizationalUnitIdentifier: client\n"
                               "  PeerOUIdentifier:\n"
                               "    Certificate: cacerts/ca.pem\n"
                               "    OrganizationalUnitIdentifier: peer\n"
                               "  AdminOUIdentifier:\n"
                               "    Certificate: cacerts/ca.pem\n"
                               "    OrganizationalUnitIdentifier: admin\n"
                               "  OrdererOUIdentifier:\n"
                               "    Certificate: cacerts/ca.pem\n"
                               "    OrganizationalUnitIdentifier: orderer\n";

lv_status lv_msp_put(const char *folder, const char *subfolder, const char *name, lv_bytes bytes,
                     unsigned mode, lv_error *err)
{
    lv_status status = LV_E_MEMORY;
    char *inside = lv_path_join(folder, subfolder);
    char *path = inside == NULL ? NULL : lv_path_join(inside, name);
    if (path != NULL) {
        status = lv_folder_make(inside, err);
    }
    if (status == LV_OK) {
        status = lv_file_write(path, bytes, mode, err);
    }
    free(path);
    free(inside);
    return status;
}

static lv_status put_msp(const char *msp, const lv_organisation *made, lv_error *err)
{
    lv_status status =
        lv_msp_put(msp, "cacerts", "ca.pem", lv_buffer_view(&made->ca_certificate), 0644, err);
    if (status == LV_OK) { /* one root for both: the nodes' certificates serve TLS as well */
        status = lv_msp_put(msp, "tlscacerts", "ca.pem", lv_buffer_view(&made->ca_certificate),
                            0644, err);
    }
    if (status == LV_OK) {
        status = lv_msp_put(msp, "signcerts", LV_MSP_CERTIFICATE,
                            lv_buffer_view(&made->certificate), 0644, err);
    }
    if (status == LV_OK) {
        status = lv_msp_put(msp, "keystore", LV_MSP_KEY, lv_buffer_view(&made->key), 0600, err);
    }
    if (status == LV_OK) {
        status = lv_msp_put(msp, ".", "config.yaml", lv_bytes_of_text(NODE_OUS), 0644, err);
    }
    return status;
}

/* The msp folder appears whole by one rename, so that a kill leaves no half identity.
 * `folder`: where ca/ca-key.pem goes, NULL where there is nothing to write of the root. */
static lv_status write_new(const char *folder, const char *msp, const char *fresh,
                           const lv_organisation *made, lv_error *err)
{
    lv_status status = put_msp(fresh, made, err);
    if (status == LV_OK && folder != NULL) {
        status = lv_msp_put(folder, "ca", "ca-key.pem", lv_buffer_view(&made->ca_key), 0600, err);
    }
    if (status == LV_OK && rename(fresh, msp) != 0) {
        status = lv_fail(err, LV_E_IO, "%s: cannot rename to %s: %s", fresh, msp, strerror(errno));
    }
    return status;
}

lv_status lv_msp_folder_adopt(const char *folder, const lv_organisation *made, lv_error *err)
{
    lv_status status = LV_E_MEMORY;
    char *msp = lv_path_join(folder, "msp");
    char *fresh = lv_path_join(folder, "msp.new");
    if (msp != NULL && fresh != NULL) {
        status = lv_file_exists(msp)
                     ? lv_fail(err, LV_EXISTS,
                               "%s: stands already; an identity is never overwritten", msp)
                     : write_new(NULL, msp, fresh, made, err);
    }
    free(fresh);
    free(msp);
    return status;
}

lv_status lv_msp_folder_create(const char *folder, const lv_organisation_params *params,
                               lv_error *err)
{
    lv_organisation made = {0};
    lv_status status = LV_E_MEMORY;
    char *msp = lv_path_join(folder, "msp");
    char *fresh = lv_path_join(folder, "msp.new");
    char *ca_key = lv_path_join(folder, "ca/ca-key.pem");
    if (msp == NULL || fresh == NULL || ca_key == NULL) {
        goto done;
    }
    const char *standing = lv_file_exists(msp) ? msp : ca_key;
    if (lv_file_exists(standing)) {
        status = lv_fail(err, LV_EXISTS, "%s: stands already; an identity is never overwritten",
                         standing);
        goto done;
    }
    status = lv_organisation_create(params, &made, err);
    if (status == LV_OK) {
        status = write_new(folder, msp, fresh, &made, err);
    }
done:
    lv_organisation_wipe(&made);
    free(ca_key);
    free(fresh);
    free(msp);
    return status;
}

static lv_status get(const char *folder, const char *name, lv_buffer *out, lv_error *err)
{
    char *path = lv_path_join(folder, name);
    lv_status status = path == NULL ? LV_E_MEMORY : lv_file_read(path, LV_PEM_MAX, out, err);
    free(path);
    return status;
}

/* The root's certificate and key of the organisation in `folder`. */
static lv_status get_root(const char *folder, lv_organisation *out, lv_error *err)
{
    lv_status status = get(folder, "msp/cacerts/ca.pem", &out->ca_certificate, err);
    if (status != LV_OK) {
        return status;
    }
    status = get(folder, "ca/ca-key.pem", &out->ca_key, err);
    if (status == LV_NOT_FOUND) {
        lv_error_prefix(err, "the key of the organisation's own root is needed: ");
    }
    return status;
}

static lv_status issue_named(const lv_organisation_params *params, lv_organisation *made,
                             lv_error *err)
{
    char name[LV_NAME_MAX + 1];
    lv_organisation_params named = *params;
    if (named.msp_id == NULL) {
        lv_status status = lv_x509_organisation(lv_buffer_view(&made->ca_certificate), name, err);
        if (status != LV_OK) {
            return status;
        }
        named.msp_id = name;
    }
    return lv_organisation_issue(&named, lv_buffer_view(&made->ca_certificate),
                                 lv_buffer_view(&made->ca_key), &made->certificate, &made->key,
                                 err);
}

/* With the hosts of the node's own certificate, so that one that takes its place loses none. */
static lv_status issue_for_own_hosts(const char *folder, const lv_organisation_params *params,
                                     lv_organisation *made, lv_error *err)
{
    lv_organisation_params same = *params;
    lv_buffer own = {0};
    lv_buffer texts = {0};
    size_t count = 0;
    lv_status status = get(folder, "msp/signcerts/cert.pem", &own, err);
    if (status == LV_OK) {
        status = lv_x509_hosts(lv_buffer_view(&own), &texts, &count, err);
    }
    const char **hosts = (const char **)calloc(count + 1, sizeof *hosts);
    if (status == LV_OK && hosts == NULL) {
        status = LV_E_MEMORY;
    }
    if (status == LV_OK) {
        const char *text = lv_buffer_text(&texts);
        for (size_t i = 0; i < count; i++, text += strlen(text) + 1) {
            hosts[i] = text;
        }
        same.hosts = hosts;
        same.host_count = count;
        status = issue_named(&same, made, err);
    }
    free((void *)hosts);
    lv_buffer_free(&texts);
    lv_buffer_free(&own);
    return status;
}

lv_status lv_msp_folder_issue(const char *folder, const lv_organisation_params *params,
                              const char *out, lv_error *err)
{
    lv_organisation made = {0};
    lv_buffer fresh = {0};
    if (lv_file_exists(out)) {
        return lv_fail(err, LV_EXISTS, "%s: stands already; an identity is never overwritten", out);
    }
    bool for_node = params->unit == NULL || strcmp(params->unit, "client") == 0;
    lv_status status = get_root(folder, &made, err);
    if (status == LV_OK) {
        status = for_node && params->host_count == 0
                     ? issue_for_own_hosts(folder, params, &made, err)
                     : issue_named(params, &made, err);
    }
    if (status == LV_OK) {
        status = lv_buffer_printf(&fresh, "%s.new", out);
    }
    if (status == LV_OK) {
        status = write_new(NULL, out, lv_buffer_text(&fresh), &made, err);
    }
    lv_buffer_free(&fresh);
    lv_organisation_wipe(&made);
    return status;
}

/* ---- loading ---- */

#define KEYS_MAX 64U  /* files looked at in keystore/ */
#define LOAD_TRIES 4U /* each is one replacement that came between */

static int is_key_file(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static lv_status try_key(const char *keystore, const char *name, const char *msp_id,
                         lv_bytes certificate, lv_identity **out, lv_error *err)
{
    lv_buffer key = {0};
    lv_status status = get(keystore, name, &key, err);
    if (status == LV_OK) {
        status = lv_identity_load(msp_id, certificate, lv_buffer_view(&key), out, err);
        if (status != LV_OK) {
            lv_error_prefix(err, "%s/%s: ", keystore, name);
        }
    }
    lv_buffer_wipe(&key);
    return status;
}

/* Looks for the key of a certificate, as Fabric does, by no name but that it fits.
 * @return LV_OK; LV_NOT_FOUND without any key; LV_INVALID where none fits; of a single key what is
 *         wrong with it. */
static lv_status find_key(const char *folder, const char *msp_id, lv_bytes certificate,
                          lv_identity **out, lv_error *err)
{
    struct dirent **entries = NULL;
    lv_error tried = {0};
    char *keystore = lv_path_join(folder, "msp/keystore");
    if (keystore == NULL) {
        return LV_E_MEMORY;
    }
    int count = scandir(keystore, &entries, is_key_file, alphasort);
    lv_status status = LV_NOT_FOUND;
    for (int i = 0; i < count; i++) {
        if (status != LV_OK && i < (int)KEYS_MAX) {
            status = try_key(keystore, entries[i]->d_name, msp_id, certificate, out, &tried);
        }
        free(entries[i]);
    }
    free((void *)entries);
    if (count <= 0) {
        status = lv_fail(err, LV_NOT_FOUND, "%s: holds no private key", keystore);
    } else if (status != LV_OK && count > 1) {
        status =
            lv_fail(err, LV_INVALID, "%s: none of its keys belongs to the certificate", keystore);
    } else if (status != LV_OK) {
        status = lv_fail(err, status, "%s", tried.text);
    }
    free(keystore);
    return status;
}

static lv_status get_certificate(const char *folder, lv_buffer *out, lv_error *err)
{
    return get(folder, "msp/signcerts/" LV_MSP_CERTIFICATE, out, err);
}

/* Where no key fits it may be that certificate and key were replaced between the two looks: then
 * another certificate stands there now, and it is tried with that. */
static lv_status load_pair(const char *folder, const char *msp_id, lv_identity **out, lv_error *err)
{
    lv_buffer certificate = {0};
    lv_status status = get_certificate(folder, &certificate, err);
    for (unsigned i = 0; status == LV_OK && i < LOAD_TRIES; i++) {
        lv_buffer again = {0};
        status = find_key(folder, msp_id, lv_buffer_view(&certificate), out, err);
        if (status == LV_OK || get_certificate(folder, &again, NULL) != LV_OK ||
            lv_bytes_equal(lv_buffer_view(&again), lv_buffer_view(&certificate))) {
            lv_buffer_free(&again);
            break;
        }
        lv_buffer_free(&certificate);
        certificate = again;
        status = i + 1 < LOAD_TRIES ? LV_OK : status;
    }
    lv_buffer_free(&certificate);
    return status;
}

lv_status lv_msp_folder_load(const char *folder, const char *msp_id, lv_identity **out,
                             lv_buffer *root_pem, lv_error *err)
{
    *out = NULL;
    if (root_pem != NULL) {
        *root_pem = (lv_buffer){0};
    }
    lv_status status = load_pair(folder, msp_id, out, err);
    if (status == LV_OK && root_pem != NULL) {
        status = get(folder, "msp/cacerts/ca.pem", root_pem, err);
    }
    if (status != LV_OK) {
        lv_identity_free(*out);
        *out = NULL;
        if (root_pem != NULL) {
            lv_buffer_free(root_pem);
        }
    }
    return status;
}
