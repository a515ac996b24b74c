/** Organisations as the commands make and introduce them: the folder that `lotveil init` writes,
 *  and card.json, what the others need to know of one:
 *      {"organisation": "BMSP", "role": "downstream", "url": "https://...", "root": PEM}
 *  Used by init, member and demo. */
#ifndef LV_CLI_CARD_H
#define LV_CLI_CARD_H

#include "cli/cli.h"

#define LV_CARD_MAX 65536U /* bytes of card.json */
#define LV_URL_MAX 512U

typedef struct {
    char organisation[LV_NAME_MAX + 1];
    lv_role role;
    char url[LV_URL_MAX + 1];
    lv_buffer root;                          /* PEM */
    char fingerprint[2 * LV_DIGEST_LEN + 1]; /* SHA-256 of `root` as it stands, for comparing */
} lv_card;

/** What `lotveil init` is told. Borrowed. */
typedef struct {
    const char *folder;
    const char *organisation;
    lv_role role;
    bool has_role;
    const char *listen; /* NULL: 127.0.0.1 and the role's own port */
    const char *const *hosts;
    size_t host_count;
    const char *ledger_folder;   /* of an embedded ledger; NULL: ../ledger */
    const char *const *gateways; /* host:port of peers: the ledger is Fabric's; NULL: embedded */
    size_t gateway_count;
    unsigned days;    /* of the certificate */
    bool no_identity; /* neither msp/ and ca/ nor card.json: a CA elsewhere issues them */
} lv_init;

/** Makes the folder. @param[out] out  empty without an identity. @return LV_OK; LV_EXISTS where an
 * organisation, or part of one, stands there; LV_E_ARGUMENT with words on what cannot be used. */
LV_MUST_CHECK lv_status lv_init_organisation(const lv_init *init, lv_card *out, lv_error *err);

/** Writes card.json of the organisation that has `config` and an msp/.
 * @param host  under which others reach its node; NULL: where it listens. */
LV_MUST_CHECK lv_status lv_card_introduce(const lv_config *config, const char *host, lv_card *out,
                                          lv_error *err);

/** Reads a card and holds every field against its form; the root must be a CA certificate. */
LV_MUST_CHECK lv_status lv_card_read(const char *path, lv_card *out, lv_error *err);
LV_MUST_CHECK lv_status lv_card_print(const lv_card *card, lv_error *err);
void lv_card_free(lv_card *card);

/** Writes the card into the configuration of the organisation in `folder`: the root certificate
 *  to members/MSPID.pem and an entry under `members:` of config.yaml.
 * @return LV_OK; LV_EXISTS where it is known; LV_E_CONFIG where config.yaml has no `members:` of
 *         its own line, or is not readable after the change (which is then taken back). */
LV_MUST_CHECK lv_status lv_card_add(const char *folder, const lv_card *card, lv_error *err);

#endif
