/** Configuration of one organisation's node: `config.yaml` in its folder, and one file per series
 *  in `series/` (downstream) or per followed series in `follow/` (upstream). Parsed once
 *  (libcyaml, strict: an unknown or doubled key is an error) and const after. docs/config.md.
 *
 *      organisation: BMSP              # MSP id
 *      role: downstream                # downstream, upstream or servicer
 *      listen: 127.0.0.1:7102          # address of the mutual-TLS listener
 *      ledger:
 *        kind: embedded
 *        folder: ../ledger             # relative to this file
 *        quality: quality              # channel names; leave out what this node has no part in
 *        xor: xor
 *      # or, on Hyperledger Fabric:
 *      ledger:
 *        kind: fabric
 *        quality: quality
 *        xor: xor
 *        gateways:                     # peers of this organisation, the preferred one first
 *          - {address: "10.0.0.2:7051", host_name: peer0.b.example}
 *        chaincode: {quality: quality, xor: xor}   # optional; these are the defaults
 *        tls_roots: msp/tlscacerts/ca.pem          # optional; the default is the own root
 *      members:                        # the other organisations
 *        - msp: AMSP
 *          role: upstream
 *          url: https://127.0.0.1:7101
 *          root: members/AMSP.pem      # its root certificate
 *      limits:                         # optional, with these defaults
 *        request_bytes: 67108864
 *        request_seconds: 30
 *        requests_per_minute: 600      # per peer organisation
 *      threads: 0                      # for encryption; 0: all processors
 *      enroll:                         # optional: the node renews its certificate by itself
 *        ca: https://ca.example:7054   # a Fabric CA
 *        ca_name: ca-b                 # optional: one of several behind that address
 *        tls_roots: ca-tls.pem         # optional: of the CA's TLS; the organisation's root
 *        renew_days: 30                # before its certificate ends
 *
 *  series/moisture.yaml:
 *      name: moisture
 *      unit: g/cm2
 *      columns: {lot: lot, time: month, value: moisture_g_per_cm2, parents: ""}
 *      decimals: 2
 *      offset: "0"                     # smallest measurement, a decimal
 *      width: 32
 *      suite: ristretto255             # the default; or paillier, rlwe1024
 *      pool: 4                         # sets kept ready while idle (paillier)
 *      compare: consecutive            # consecutive, baseline or both
 *      baseline_lot: ""                # "": the first lot measured
 *      grants: [{buyer: AMSP, servicer: SMSP, quota: 0}]   # put on the ledger when not there yet
 *      disclose:                       # absent: who has a grant may ask for direction and index
 *        - to: AMSP
 *          allow: [index, threshold]   # direction, index, band, threshold, equality
 *          budget: 200                 # bits of a period; left out: no limit
 *          period_days: 30
 *
 *  follow/moisture.yaml:
 *      downstream: BMSP
 *      series: moisture
 *      servicer: SMSP
 *      worse: rise                     # the direction that is worse: rise, fall or both
 *      ask: index                      # direction, index, band, threshold or equality
 *      limit: "12.5"                   # of a threshold, in the unit of the series
 *      alarm_scale: 32                 # a worse change of at least this scale raises an alarm
 *      full: false                     # send the vectors themselves (the published message)
 */
#ifndef LV_NODE_CONFIG_H
#define LV_NODE_CONFIG_H

#include "node/ask.h"
#include "node/policy.h"
#include <lotveil/identity.h>
#include <lotveil/suite.h>

typedef enum { LV_ROLE_DOWNSTREAM, LV_ROLE_UPSTREAM, LV_ROLE_SERVICER } lv_role;
const char *lv_role_name(lv_role role);

typedef struct {
    char msp[LV_NAME_MAX + 1];
    lv_role role;
    char *url;      /* "" where it has none that we call */
    lv_buffer root; /* PEM, read from the file named */
} lv_config_member;

typedef enum { LV_LEDGER_EMBEDDED, LV_LEDGER_FABRIC } lv_ledger_kind;

typedef struct {
    char *address;   /* host:port */
    char *host_name; /* in its certificate; NULL: the host of the address */
} lv_config_gateway;

#define LV_CONFIG_POOL_MAX 256U
#define LV_CONFIG_POOL_DEFAULT 4U

typedef struct {
    char buyer[LV_NAME_MAX + 1];
    char servicer[LV_NAME_MAX + 1];
    uint32_t quota;
} lv_config_grant;

typedef struct {
    lv_series series;
    unsigned
        pool; /* sets kept ready, 0..LV_CONFIG_POOL_MAX; of no use where the suite has no masks */
    lv_config_grant *grants;
    size_t grant_count;
    lv_policy *policies; /* `disclose`; how a missing one counts: lv_policy_find */
    size_t policy_count;
} lv_config_series;

typedef struct {
    char downstream[LV_NAME_MAX + 1];
    char series[LV_NAME_MAX + 1];
    char servicer[LV_NAME_MAX + 1];
    bool worse_rise;
    bool worse_fall;
    lv_ask_text ask;      /* what the node asks by itself */
    uint64_t alarm_scale; /* 1 where answers to `ask` tell no scale */
    bool full;
} lv_config_follow;

/** Where the node renews its certificate. */
typedef struct {
    char *ca;            /* lv_ca_url_is_valid */
    char *ca_name;       /* "": its default */
    lv_buffer tls_roots; /* PEM; empty: the organisation's own root */
    unsigned renew_days;
} lv_config_enroll;

typedef struct {
    char *folder; /* of the organisation */
    char organisation[LV_NAME_MAX + 1];
    lv_role role;
    char *listen_host;
    uint16_t listen_port; /* 0: any free one (tests); written to state/port */
    lv_ledger_kind ledger_kind;
    char *ledger_folder;                   /* NULL on Fabric */
    char quality_channel[LV_NAME_MAX + 1]; /* "" where this node has no part in it */
    char xor_channel[LV_NAME_MAX + 1];
    char quality_chaincode[LV_NAME_MAX + 1]; /* on Fabric, where it has a part in the channel */
    char xor_chaincode[LV_NAME_MAX + 1];
    lv_config_gateway *gateways; /* on Fabric */
    size_t gateway_count;
    lv_buffer tls_roots; /* PEM, of the gateways' certificates; empty: this organisation's root */
    lv_config_member *members;
    size_t member_count;
    lv_config_series *series;
    size_t series_count;
    lv_config_follow *follows;
    size_t follow_count;
    size_t request_bytes;
    unsigned request_seconds;
    unsigned requests_per_minute;
    unsigned threads;
    lv_config_enroll *enroll; /* NULL: it does not */
} lv_config;

/** Reads everything below `folder`. Words name file, line or key, and what is legal. */
LV_MUST_CHECK lv_status lv_config_load(const char *folder, lv_config **out, lv_error *err);
void lv_config_free(lv_config *config);

/** Reads one series file's text (for `lotveil series add` and config_load). */
LV_MUST_CHECK lv_status lv_config_series_parse(const char *name, lv_bytes yaml,
                                               lv_config_series *out, lv_error *err);
void lv_config_series_free(lv_config_series *series);

/** Holds a series' grants and policies against the members: buyers and those to whom something is
 *  disclosed are upstreams, servicers are servicers.
 * @return LV_OK or LV_E_CONFIG. */
LV_MUST_CHECK lv_status lv_config_series_check(const lv_config *config,
                                               const lv_config_series *series, lv_error *err);

/** Is `text` an address of a gateway as `ledger.gateways` takes it, host:port? */
bool lv_config_is_gateway(const char *text);

const lv_config_member *lv_config_member_find(const lv_config *config, const char *msp);

#endif
