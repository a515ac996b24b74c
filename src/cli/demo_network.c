#include "cli/demo_network.h"
#include "base/file.h"
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

char *lv_demo_network_script(lv_error *err)
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

lv_status lv_demo_network_check(lv_error *err)
{
    char *script = lv_demo_network_script(err);
    if (script == NULL) {
        return LV_E_CONFIG;
    }
    lv_status status = LV_OK;
    const char *const arguments[] = {script, "check", NULL};
    if (run_script(script, arguments) != 0) {
        status = lv_fail(err, LV_E_CONFIG,
                         "the demo on Hyperledger Fabric needs Fabric's binaries (see above); "
                         "without them it plays on an embedded ledger: lotveil demo");
    }
    free(script);
    return status;
}

/* ---- ending ---- */

/* Waits in a session of its own until nobody holds the other end of the pipe, which closes with
 * this process whatever ends it, and then takes the network down. */
static void guard(int gone, const char *script, const char *state)
{
    char byte = 0;
    ssize_t got = 0;
    setsid();
    do {
        got = read(gone, &byte, 1);
    } while (got > 0 || (got < 0 && errno == EINTR));
    const char *const arguments[] = {script, "down", "--dir", state, NULL};
    become_script(script, arguments);
}

static lv_status start_guard(lv_demo *demo, const char *script, const char *state, lv_error *err)
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
    demo->network_guard = child;
    demo->network_held = ends[1];
    return LV_OK;
}

void lv_demo_network_down(lv_demo *demo)
{
    if (demo->network_guard > 0) {
        close(demo->network_held);
        (void)wait_for_end(demo->network_guard);
        demo->network_guard = 0;
    }
}

static lv_status end_at(const char *state, lv_error *err)
{
    char *script = lv_demo_network_script(err);
    if (script == NULL) {
        return LV_E_CONFIG;
    }
    const char *const arguments[] = {script, "down", "--dir", state, NULL};
    int code = run_script(script, arguments);
    free(script);
    return code == 0 ? LV_OK
                     : lv_fail(err, LV_UNAVAILABLE,
                               "the network in %s could not be ended (see above)", state);
}

lv_status lv_demo_network_end(const char *dir, lv_error *err)
{
    char *state = lv_cli_path(dir, "fabric", err);
    if (state == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_file_exists(state) ? end_at(state, err) : LV_OK;
    free(state);
    return status;
}

/* ---- bringing up ---- */

static lv_status up_at(lv_demo *demo, const char *script, const char *state, lv_error *err)
{
    const char *const arguments[] = {script,
                                     "up",
                                     "--dir",
                                     state,
                                     "--upstream",
                                     demo->dirs[LV_DEMO_A],
                                     "--downstream",
                                     demo->dirs[LV_DEMO_B],
                                     "--servicer",
                                     demo->dirs[LV_DEMO_S],
                                     NULL};
    lv_status status = start_guard(demo, script, state, err);
    if (status == LV_OK && run_script(script, arguments) != 0) {
        status = lv_fail(err, LV_UNAVAILABLE,
                         "the network of Hyperledger Fabric did not come up (see above; its logs "
                         "are in %s/logs)",
                         state);
    }
    return status;
}

lv_status lv_demo_network_up(lv_demo *demo, const char *dir, lv_error *err)
{
    char *script = lv_demo_network_script(err);
    char *state = script != NULL ? lv_cli_path(dir, "fabric", err) : NULL;
    lv_status status = state != NULL ? up_at(demo, script, state, err) : LV_E_CONFIG;
    free(state);
    free(script);
    return status;
}
