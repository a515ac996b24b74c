/** The two headers of whatever a client signs (common/common.proto): ChannelHeader and
 *  SignatureHeader. */
#ifndef LV_FABRIC_HEADERS_H
#define LV_FABRIC_HEADERS_H

#include <lotveil/record.h>

#define LV_TXID_TEXT (2U * LV_DIGEST_LEN + 1U) /* a transaction's id as text, with its NUL */
#define LV_NONCE_LEN 24U

/** HeaderType of common/common.proto: what a client makes. */
#define LV_HEADER_TRANSACTION 3 /* ENDORSER_TRANSACTION */
#define LV_HEADER_SEEK 5        /* DELIVER_SEEK_INFO */

typedef struct {
    const char *channel;
    int type;                 /* LV_HEADER_... */
    const char *chaincode;    /* named in the channel header's extension; NULL: no extension */
    lv_bytes tls_certificate; /* DER of the connection's client certificate, which `deliver` wants
                                 bound under mutual TLS; empty: none */
} lv_header_params;

typedef struct {
    char txid[LV_TXID_TEXT];
    lv_buffer channel_header;
    lv_buffer signature_header;
} lv_headers;

/** Both headers of now, by `identity`, with a fresh nonce.
 * @return LV_OK; LV_E_RANDOM; LV_E_MEMORY; LV_E_CRYPTO. */
LV_MUST_CHECK lv_status lv_headers_make(const lv_identity *identity, const lv_header_params *params,
                                        lv_headers *out, lv_error *err);
void lv_headers_free(lv_headers *headers);

/** The id of a transaction: SHA-256(nonce || creator) in lower-case hex. */
LV_MUST_CHECK lv_status lv_txid_of(lv_bytes nonce, lv_bytes creator, char txid[LV_TXID_TEXT]);

#endif
