/** The sockets that the doors listen at. */
#ifndef LV_NODE_HTTP_SOCKET_H
#define LV_NODE_HTTP_SOCKET_H

#include <lotveil/status.h>
#include <stdint.h>
#include <sys/un.h>

/** Listens at a numeric address. @param port  0: any free one. @param[out] bound  the port. */
LV_MUST_CHECK lv_status lv_listen_tcp(const char *host, uint16_t port, int *fd, uint16_t *bound,
                                      lv_error *err);

/** Listens at a path of mode 0600, in place of a socket that nobody listens at any more.
 * @return LV_OK; LV_EXISTS where somebody listens or what stands there is no socket; LV_E_IO. */
LV_MUST_CHECK lv_status lv_listen_unix(const char *path, int *fd, lv_error *err);

/** A socket's path in at most the 107 bytes that an address holds: a longer one goes through an
 *  open folder.
 * @param[out] folder_fd  to be closed after use; -1 where there is none to close. */
LV_MUST_CHECK lv_status lv_socket_path(const char *path,
                                       char text[sizeof((struct sockaddr_un *)NULL)->sun_path],
                                       int *folder_fd, lv_error *err);

#endif
