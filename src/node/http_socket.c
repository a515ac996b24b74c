#include "node/http_socket.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int BACKLOG = 128;

/* Any address that a socket here has. */
typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address;

static uint16_t port_of(int fd)
{
    address at = {0};
    socklen_t len = sizeof at;
    if (getsockname(fd, &at.any, &len) != 0) {
        return 0;
    }
    return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

static int listen_at(const struct addrinfo *at)
{
    int yes = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int cause = errno;
        close(fd);
        errno = cause;
        return -1;
    }
    return fd;
}

lv_status lv_listen_tcp(const char *host, uint16_t port, int *fd, uint16_t *bound, lv_error *err)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    char service[8];

    *fd = -1;
    *bound = 0;
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &found) != 0) {
        return lv_fail(err, LV_E_CONFIG, "listen: %s is no numeric IP address", host);
    }
    *fd = listen_at(found);
    int cause = errno;
    freeaddrinfo(found);
    if (*fd < 0) {
        return lv_fail(err, LV_E_IO, "cannot listen at %s port %u: %s", host, port,
                       strerror(cause));
    }
    *bound = port_of(*fd);
    return LV_OK;
}

lv_status lv_socket_path(const char *path, char text[sizeof((struct sockaddr_un *)NULL)->sun_path],
                         int *folder_fd, lv_error *err)
{
    const size_t room = sizeof((struct sockaddr_un *)NULL)->sun_path;
    *folder_fd = -1;
    if (strlen(path) < room) {
        snprintf(text, room, "%s", path);
        return LV_OK;
    }
    const char *name = strrchr(path, '/');
    if (name == NULL || name == path || strlen(name) >= room / 2) {
        return lv_fail(err, LV_E_LIMIT, "%s: too long for the path of a socket", path);
    }
    char *folder = strndup(path, (size_t)(name - path));
    if (folder == NULL) {
        return LV_E_MEMORY;
    }
    *folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (*folder_fd < 0) {
        return lv_fail(err, errno == ENOENT ? LV_NOT_FOUND : LV_E_IO, "%s: %s", path,
                       strerror(errno));
    }
    snprintf(text, room, "/proc/self/fd/%d%s", *folder_fd, name);
    return LV_OK;
}

static bool somebody_listens(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answered = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return answered;
}

/* A killed node leaves its socket behind. */
static lv_status clear_path(const char *path, const struct sockaddr_un *at, lv_error *err)
{
    struct stat found;
    if (lstat(at->sun_path, &found) != 0) {
        return LV_OK;
    }
    if (!S_ISSOCK(found.st_mode)) {
        return lv_fail(err, LV_EXISTS, "%s: stands already and is no socket", path);
    }
    if (somebody_listens(at)) {
        return lv_fail(err, LV_EXISTS, "%s: another node listens there", path);
    }
    unlink(at->sun_path);
    return LV_OK;
}

lv_status lv_listen_unix(const char *path, int *fd, lv_error *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int folder = -1;

    *fd = -1;
    lv_status status = lv_socket_path(path, at.sun_path, &folder, err);
    if (status == LV_OK) {
        status = clear_path(path, &at, err);
    }
    if (status == LV_OK) {
        /* Linux gives the file the mode of the socket, so that it is never open to others. */
        *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (*fd < 0 || fchmod(*fd, S_IRUSR | S_IWUSR) != 0 ||
            bind(*fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(*fd, BACKLOG) != 0) {
            status = lv_fail(err, LV_E_IO, "%s: cannot listen: %s", path, strerror(errno));
        }
    }
    if (status != LV_OK && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    if (folder >= 0) {
        close(folder);
    }
    return status;
}
