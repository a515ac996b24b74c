/** Host names become addresses in a thread of their own: a name server that is slow holds up
 *  neither deadlines nor other connections, nor the end of the program. */
#ifndef LV_RPC_LOOKUP_H
#define LV_RPC_LOOKUP_H

#include <lotveil/status.h>
#include <netdb.h>

typedef struct lv_rpc_lookup lv_rpc_lookup;

/** Begins; what is an address already is answered at once.
 * @param bell  an eventfd that is rung when the answer is there; stays open until
 *              lv_rpc_lookup_free. */
LV_MUST_CHECK lv_status lv_rpc_lookup_start(const char *host, const char *port, int bell,
                                            lv_rpc_lookup **out);

/** @param[out] found  freeaddrinfo is up to the caller.
 * @return LV_OK; LV_TIMEOUT while it is under way; LV_UNAVAILABLE with words. */
LV_MUST_CHECK lv_status lv_rpc_lookup_result(lv_rpc_lookup *lookup, struct addrinfo **found,
                                             lv_error *err);

/** Waits for nothing; NULL is legal. */
void lv_rpc_lookup_free(lv_rpc_lookup *lookup);

#endif
