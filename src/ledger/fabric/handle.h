/** The handle of a ledger on Fabric and what its parts share. */
#ifndef LV_LEDGER_FABRIC_HANDLE_H
#define LV_LEDGER_FABRIC_HANDLE_H

#include "ledger/fabric/fabric.h"
#include "rpc/client.h"
#include <pthread.h>
#include <stdatomic.h>

/** As whom calls are made: an identity and its connections, one for each gateway. Calls keep the
 *  session they began with while another takes its place. */
typedef struct {
    atomic_uint users;
    lv_identity *identity;
    lv_buffer creator;         /* SerializedIdentity */
    lv_buffer tls_certificate; /* DER: block delivery is bound to it */
    lv_rpc_client *clients[LV_FABRIC_GATEWAYS_MAX];
    size_t client_count;
} lv_session;

/** What is known of a gateway; under the handle's lock. */
typedef struct {
    char *address;
    char *host_name; /* or NULL */
    char msp[LV_NAME_MAX + 1];
    double pause;       /* seconds that it was last passed over for; 0: it answers */
    double pause_until; /* lv_clock_seconds */
    double heard;       /* when it last answered, lv_clock_seconds */
    uint64_t height;    /* so many blocks its peer has at least */
    bool has_checked;   /* is `checked` a block that it has shown? */
    lv_head checked;
} lv_gateway;

typedef struct {
    lv_ledger base; /* first: a lv_ledger * is one of these */
    lv_channel channel;
    char *chaincode;
    char msp[LV_NAME_MAX + 1];
    lv_gateway gateways[LV_FABRIC_GATEWAYS_MAX];
    size_t gateway_count;
    lv_buffer tls_roots;
    lv_buffer tls_certificate; /* empty: the identity's */
    lv_buffer tls_key;         /* secret */
    int endorse_ms;
    int commit_ms;
    pthread_mutex_t lock; /* for the gateways, session, height and lane */
    lv_session *session;
    uint64_t height; /* so many blocks the channel has at least */
    pthread_cond_t lane_left;
    bool lane_taken;
} lv_fabric;

/* ---- sessions: session.c ---- */

LV_MUST_CHECK lv_status lv_session_new(const lv_fabric *self, const lv_identity *identity,
                                       lv_session **out, lv_error *err);
/** The present one, to be given back. */
lv_session *lv_session_take(lv_fabric *self);
/** NULL is legal; the last user's call ends the connections. */
void lv_session_release(lv_session *session);

/* ---- the slots of the backend's table, each in the file named ---- */

lv_status lv_fabric_submit(lv_ledger *ledger, const lv_call *calls, size_t count,
                           lv_position *positions, lv_error *err); /* submit.c */
lv_status lv_fabric_read(lv_ledger *ledger, const lv_call *call, lv_buffer *response,
                         lv_error *err);                                  /* read.c */
lv_status lv_fabric_head(lv_ledger *ledger, lv_head *out, lv_error *err); /* head.c */
lv_status lv_fabric_check_head(lv_ledger *ledger, const lv_head *remembered, lv_error *err);
lv_status lv_fabric_watch_open(lv_ledger *ledger, lv_position from, lv_watch **out,
                               lv_error *err); /* watch.c */
lv_status lv_fabric_watch_next(lv_watch *base, int timeout_ms, lv_committed *out, lv_error *err);
void lv_fabric_watch_wake(lv_watch *base);
void lv_fabric_watch_close(lv_watch *base);

#endif
