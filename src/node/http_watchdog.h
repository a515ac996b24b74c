/** Cuts connections that take too long: libmicrohttpd's own timeout begins anew with every byte,
 *  so that a client could keep a connection for ever by sending slowly. */
#ifndef LV_NODE_HTTP_WATCHDOG_H
#define LV_NODE_HTTP_WATCHDOG_H

#include <lotveil/status.h>

typedef struct lv_watchdog lv_watchdog;
typedef struct lv_watched lv_watched; /* one connection */

/** Starts a thread that shuts down each watched socket `seconds` after it was last armed. */
LV_MUST_CHECK lv_status lv_watchdog_start(double seconds, lv_watchdog **out);

/** Ends the thread. Nothing may be watched any more. */
void lv_watchdog_stop(lv_watchdog *dog);

/** Watches a socket, armed, until lv_watchdog_remove; the caller closes it only after that. NULL
 *  without memory. */
lv_watched *lv_watchdog_add(lv_watchdog *dog, int fd);
void lv_watchdog_arm(lv_watchdog *dog, lv_watched *watched);
void lv_watchdog_disarm(lv_watchdog *dog, lv_watched *watched);
void lv_watchdog_remove(lv_watchdog *dog, lv_watched *watched);

#endif
