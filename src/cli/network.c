#include "cli/network.h"
#include "base/file.h"
#include "cli/cli.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char SELF[] = "/proc/self/exe";

/* Where the script is, seen from the folder of the command: installed, or built in build/KIND. */
static const char *const places[] = {"../share/lotveil/fabric/network.sh",
                                     "../../deploy/fabric/network.sh"};

/* ---- the script ---- */

/* The path of this program, which may have been called by a name that leads nowhere by now. */
static lv_status own_path(char path[PATH_MAX], lv_error *err)
{
    ssize_t len = readlink(SELF, path, PATH_MAX - 1);
    if (len < 0) {
        return lv_fail(err, LV_E_IO, "%s: %s", SELF, strerror(errno));
    }
    path[len] = '\0';
    return LV_OK;
}

char *lv_network_script(lv_error *err)
{
    char own[PATH_MAX];
    if (own_path(own, err) != LV_OK) {
        return NULL;
    }
    const char *folder = dirname(own);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *path = lv_cli_path(folder, places[i], err);
        char *real = path != NULL ? realpath(path, NULL) : NULL;
        free(path);
        if (real != NULL) {
            return real;
        }
    }
    (void)lv_fail(err, LV_E_CONFIG,
                  "the script that brings up a network, fabric/network.sh, is neither in "
                  "%s/../share/lotveil nor in the sources",
                  folder);
    return NULL;
}

/* In the child: becomes the script. What it prints goes to standard error. */
static void become_script(const char *script, const char *const *arguments)
{
    char own[PATH_MAX];
    if (own_path(own, NULL) != LV_OK || setenv("LOTVEIL", own, 1) != 0 ||
        dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        _exit(LV_EXIT_FAULT);
    }
    (void)signal(SIGPIPE, SIG_DFL);
    /* execv takes no const, and changes nothing. */
    execv(script, (char *const *)(uintptr_t)arguments);
    _exit(LV_EXIT_FAULT);
}

static int wait_for_end(pid_t child)
{
    int how = 0;
    pid_t got = 0;
    do {
        got = waitpid(child, &how, 0);
    } while (got < 0 && errno == EINTR);
    return got == child && WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

/* Runs the script, which ends with this process. @return its exit code; -1: it had none. */
static int run_script(const char *script, const char *const *arguments)
{
    pid_t self = getpid();
    pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != self) {
            _exit(LV_EXIT_FAULT);
        }
        become_script(script, arguments);
    }
    return child < 0 ? -1 : wait_for_end(child);
}

lv_status lv_network_check(lv_error *err)
{
    lv_status status = LV_OK;
    char *script = lv_network_script(err);
    if (script == NULL) {
        return LV_E_CONFIG;
    }
    const char *const arguments[] = {script, "check", NULL};
    if (run_script(script, arguments) != 0) {
        status = lv_fail(err, LV_E_CONFIG,
                         "this needs Hyperledger Fabric's binaries (see above); an embedded "
                         "ledger needs none: --ledger embedded");
    }
    free(script);
    return status;
}

/* ---- ending ---- */

/* Waits in a session of its own until nobody holds the other end of the pipe, which closes with
 * this process whatever ends it, and then takes the network down. */
static void guard(int gone, const char *script, const char *state)
{
    lv_error err = {0};
    char byte = 0;
    ssize_t got = 0;
    bool temporary = false;
    setsid();
    do {
        got = read(gone, &byte, 1);
        temporary = temporary || got > 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    const char *const arguments[] = {script, "down", "--dir", state, NULL};
    if (!temporary) {
        become_script(script, arguments);
    }
    if (run_script(script, arguments) == 0 && lv_folder_remove(state, &err) != LV_OK) {
        fprintf(stderr, "%s\n", err.text);
        (void)fflush(stderr);
    }
    _exit(0);
}

static lv_status start_guard(lv_network *network, const char *script, const char *state,
                             lv_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return lv_fail(err, LV_E_IO, "no pipe: %s", strerror(errno));
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        guard(ends[0], script, state);
    }
    close(ends[0]);
    if (child < 0) {
        close(ends[1]);
        return lv_fail(err, LV_E_IO, "cannot start a process: %s", strerror(errno));
    }
    network->guard = child;
    network->held = ends[1];
    return LV_OK;
}

lv_status lv_network_temporary(const lv_network *network, lv_error *err)
{
    static const char byte = 1;
    return write(network->held, &byte, 1) == 1
               ? LV_OK
               : lv_fail(err, LV_E_IO, "who ends the network is gone: %s", strerror(errno));
}

void lv_network_down(lv_network *network)
{
    if (network->guard > 0) {
        close(network->held);
        (void)wait_for_end(network->guard);
        network->guard = 0;
    }
}

lv_status lv_network_end(const char *state, lv_error *err)
{
    lv_status status = LV_OK;
    if (!lv_file_exists(state)) {
        return LV_OK;
    }
    char *script = lv_network_script(err);
    if (script == NULL) {
        return LV_E_CONFIG;
    }
    const char *const arguments[] = {script, "down", "--dir", state, NULL};
    if (run_script(script, arguments) != 0) {
        status =
            lv_fail(err, LV_UNAVAILABLE, "the network in %s could not be ended (see above)", state);
    }
    free(script);
    return status;
}

/* ---- bringing up ---- */

static size_t add_option(const char **arguments, size_t count, const char *name, const char *value)
{
    if (value == NULL) {
        return count;
    }
    arguments[count] = name;
    arguments[count + 1] = value;
    return count + 2;
}

lv_status lv_network_up(const lv_network_plan *plan, lv_network *network, lv_error *err)
{
    const char *arguments[13] = {NULL}; /* script, verb, five options, end */
    size_t count = 0;
    char *script = lv_network_script(err);
    if (script == NULL) {
        return LV_E_CONFIG;
    }
    arguments[count++] = script;
    arguments[count++] = "up";
    count = add_option(arguments, count, "--dir", plan->state);
    count = add_option(arguments, count, "--upstream", plan->upstream);
    count = add_option(arguments, count, "--downstream", plan->downstream);
    count = add_option(arguments, count, "--servicer", plan->servicer);
    (void)add_option(arguments, count, "--batch-timeout", plan->batch_timeout);
    lv_status status = start_guard(network, script, plan->state, err);
    if (status == LV_OK && run_script(script, arguments) != 0) {
        status = lv_fail(err, LV_UNAVAILABLE,
                         "the network of Hyperledger Fabric did not come up (see above; its logs "
                         "are in %s/logs)",
                         plan->state);
    }
    free(script);
    return status;
}

/* ---- what stands ---- */

static bool take_setting(const char *line, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    if (strncmp(line, name, len) != 0 || line[len] != '=') {
        return false;
    }
    snprintf(out, size, "%.*s", (int)strcspn(line + len + 1, "\r\n"), line + len + 1);
    return true;
}

lv_status lv_network_setting(const char *state, const char *name, char *out, size_t size,
                             lv_error *err)
{
    char line[PATH_MAX + 64];
    bool found = false;
    out[0] = '\0';
    char *path = lv_cli_path(state, "network.conf", err);
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    lv_status status = path == NULL ? LV_E_MEMORY : LV_OK;
    if (path != NULL && file == NULL) {
        status = lv_fail(err, LV_E_IO, "%s: %s", path, strerror(errno));
    }
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        found = take_setting(line, name, out, size);
    }
    if (status == LV_OK && !found) {
        status = lv_fail(err, LV_NOT_FOUND, "%s: has no %s", path, name);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    free(path);
    return status;
}
