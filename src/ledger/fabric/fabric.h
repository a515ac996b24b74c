/** The Hyperledger Fabric backend of ledger/ledger.h (docs/ledger.md section 8): a client of the
 *  Gateway service of Fabric's peers, and of their block delivery. What Endorse returns is checked
 *  before it is signed, and what was submitted is never given up for another before its fate is
 *  known, so that nothing is committed twice. Peers are believed as to what stands in their blocks
 *  (they are the organisation's own); that blocks follow each other is checked. */
#ifndef LV_LEDGER_FABRIC_H
#define LV_LEDGER_FABRIC_H

#include "ledger/ledger.h"
#include "rpc/rpc.h"

#define LV_FABRIC_GATEWAYS_MAX 16U

typedef struct {
    const char *address;   /* "host:port" of a peer */
    const char *host_name; /* in its certificate; NULL: the host of the address */
    const char *msp;       /* the organisation whose it is, which alone answers there what is read;
                              NULL: the identity's own */
} lv_fabric_gateway;

typedef struct {
    const lv_channel *members; /* name, contract and members as this organisation knows them */
    const char *chaincode;     /* its name on the channel */
    const lv_fabric_gateway *gateways; /* preferred first; 1..LV_FABRIC_GATEWAYS_MAX */
    size_t gateway_count;
    lv_rpc_tls tls; /* roots of the gateways' TLS CAs. Certificate and key for TLS: where they are
                       empty, or the identity's, those of the identity, also of a later one */
    int endorse_ms; /* for one gateway to endorse, which Fabric's own limits should be
                       below, and half of it at most to evaluate; 0: 65000 */
    int commit_ms;  /* from the first try to submit until the commit is known; 0: 60000 */
} lv_fabric_options;

/** Opens without waiting for a gateway: one that cannot be reached shows with the first call, as
 *  LV_UNAVAILABLE. All of the options is copied; the identity is retained.
 * @return LV_OK; LV_REFUSED where the identity's organisation is no member, or did not issue its
 *         certificate; LV_E_CONFIG with words where an address or a PEM cannot be used. */
LV_MUST_CHECK lv_status lv_fabric_open(const lv_fabric_options *options,
                                       const lv_identity *identity, lv_ledger **out, lv_error *err);

#endif
