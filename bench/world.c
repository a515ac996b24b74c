#include "bench/world.h"
#include "base/file.h"
#include "base/log.h"
#include "identity/msp_folder.h"
#include "ledger/embedded/embedded.h"
#include "node/node.h"
#include <errno.h>
#include <fcntl.h>
#include <lotveil/suite.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *const HOSTS[] = {"127.0.0.1"};
static const int READY_MS = 60000;

static const char CONFIG[] =
    "organisation: BMSP\nrole: downstream\nlisten: 127.0.0.1:0\n"
    "ledger: {kind: embedded, folder: ../ledger, quality: quality, xor: xor}\n"
    "members:\n"
    "  - {msp: AMSP, role: upstream, root: members/AMSP.pem}\n"
    "  - {msp: SMSP, role: servicer, root: members/SMSP.pem}\n"
    "threads: %u\n";
static const char SERIES[] = "name: %s\nunit: \"\"\n"
                             "columns: {lot: lot, time: time, value: value}\n"
                             "decimals: 2\nwidth: 32\nsuite: %s\nkey_bits: %u\npool: 0\n"
                             "compare: consecutive\n";

static lv_organisation_params params_of(const char *msp)
{
    return (lv_organisation_params){.msp_id = msp, .hosts = HOSTS, .host_count = 1, .days = 30};
}

static lv_status write_text(const char *folder, const char *name, lv_bytes text, lv_error *err)
{
    char *path = lv_path_join(folder, name);
    lv_status status = path != NULL ? lv_file_write(path, text, 0600, err) : LV_E_MEMORY;
    free(path);
    return status;
}

/* ---- organisations and channels ---- */

/* A member of a channel, with the root it is known by. */
static lv_status fill_member(lv_member *member, const char *msp, const char *role, lv_bytes root)
{
    snprintf(member->msp_id, sizeof member->msp_id, "%s", msp);
    snprintf(member->role, sizeof member->role, "%s", role);
    return lv_buffer_append(&member->root, root.data, root.len);
}

static lv_status create_channel(const lv_bench_world *world, const char *name,
                                const lv_identity *founder, lv_member members[2], lv_error *err)
{
    lv_channel channel = {.members = members, .member_count = 2};
    snprintf(channel.channel, sizeof channel.channel, "%s", name);
    snprintf(channel.contract, sizeof channel.contract, "%s", name);
    lv_status status = lv_trust_new(&channel.trust);
    for (size_t i = 0; status == LV_OK && i < 2; i++) {
        status =
            lv_trust_add(channel.trust, members[i].msp_id, lv_buffer_view(&members[i].root), err);
    }
    if (status == LV_OK) {
        status = lv_embedded_create(world->ledger, &channel, founder, err);
    }
    lv_trust_free(channel.trust);
    return status;
}

/* The other member of a channel: nobody ever sees its keys again. */
static lv_status add_channel(const lv_bench_world *world, const char *name, const char *other,
                             const char *role, const lv_identity *founder, lv_bytes root,
                             lv_error *err)
{
    const lv_organisation_params params = params_of(other);
    lv_organisation made = {0};
    lv_member members[2] = {0};
    char file[64];

    snprintf(file, sizeof file, "members/%s.pem", other);
    lv_status status = lv_organisation_create(&params, &made, err);
    if (status == LV_OK) {
        status = fill_member(&members[0], "BMSP", "downstream", root);
    }
    if (status == LV_OK) {
        status = fill_member(&members[1], other, role, lv_buffer_view(&made.ca_certificate));
    }
    if (status == LV_OK) {
        status = write_text(world->node, file, lv_buffer_view(&made.ca_certificate), err);
    }
    if (status == LV_OK) {
        status = create_channel(world, name, founder, members, err);
    }
    lv_buffer_free(&members[0].root);
    lv_buffer_free(&members[1].root);
    lv_organisation_wipe(&made);
    return status;
}

static lv_status make_organisation(const lv_bench_world *world, unsigned threads, lv_error *err)
{
    static const char *const folders[] = {"members", "series", "follow", "state"};
    const lv_organisation_params params = params_of("BMSP");
    lv_buffer config = {0};

    lv_status status = lv_msp_folder_create(world->node, &params, err);
    for (size_t i = 0; status == LV_OK && i < sizeof folders / sizeof folders[0]; i++) {
        char *path = lv_path_join(world->node, folders[i]);
        status = path != NULL ? lv_folder_make(path, err) : LV_E_MEMORY;
        free(path);
    }
    if (status == LV_OK) {
        status = lv_buffer_printf(&config, CONFIG, threads);
    }
    if (status == LV_OK) {
        status = write_text(world->node, "config.yaml", lv_buffer_view(&config), err);
    }
    lv_buffer_free(&config);
    return status;
}

static lv_status make_channels(const lv_bench_world *world, lv_error *err)
{
    lv_identity *founder = NULL;
    lv_buffer root = {0};
    lv_status status = lv_msp_folder_load(world->node, "BMSP", &founder, &root, err);
    if (status == LV_OK) {
        status =
            add_channel(world, "quality", "AMSP", "upstream", founder, lv_buffer_view(&root), err);
    }
    if (status == LV_OK) {
        status = add_channel(world, "xor", "SMSP", "servicer", founder, lv_buffer_view(&root), err);
    }
    lv_identity_free(founder);
    lv_buffer_free(&root);
    return status;
}

static lv_status make_folder(const char *parent, lv_bench_world *out, lv_error *err)
{
    out->folder = lv_path_join(parent, "lotveil-bench-XXXXXX");
    if (out->folder == NULL) {
        return LV_E_MEMORY;
    }
    if (mkdtemp(out->folder) == NULL) {
        lv_fail(err, LV_E_IO, "%s: %s", out->folder, strerror(errno));
        free(out->folder);
        out->folder = NULL;
        return LV_E_IO;
    }
    return LV_OK;
}

/* Waits until nobody holds the other end of the pipe: this process, whatever ends it, and the node,
 * which has that end from it. What ends them is not for it. */
static void guard(int gone, const char *folder)
{
    lv_error err = {0};
    char byte = 0;
    ssize_t got = 0;
    setsid();
    do {
        got = read(gone, &byte, 1);
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (lv_file_exists(folder) && lv_folder_remove(folder, &err) != LV_OK) {
        fprintf(stderr, "%s\n", err.text);
        fflush(stderr);
    }
    _exit(0);
}

static lv_status start_guard(lv_bench_world *world, lv_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return lv_fail(err, LV_E_IO, "no pipe: %s", strerror(errno));
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        guard(ends[0], world->folder);
    }
    close(ends[0]);
    if (child < 0) {
        close(ends[1]);
        return lv_fail(err, LV_E_IO, "cannot start a process: %s", strerror(errno));
    }
    world->guard = child;
    world->held = ends[1];
    return LV_OK;
}

/* The folder and who removes it, as one: no signal comes between them, nor to the guard later. */
static lv_status make_guarded_folder(const char *parent, lv_bench_world *out, lv_error *err)
{
    sigset_t deadly;
    sigset_t old;
    sigemptyset(&deadly);
    sigaddset(&deadly, SIGINT);
    sigaddset(&deadly, SIGTERM);
    sigaddset(&deadly, SIGHUP);
    sigaddset(&deadly, SIGQUIT);
    pthread_sigmask(SIG_BLOCK, &deadly, &old);
    lv_status status = make_folder(parent, out, err);
    if (status == LV_OK) {
        status = start_guard(out, err);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return status;
}

static void end_guard(lv_bench_world *world)
{
    if (world->guard == 0) {
        return;
    }
    close(world->held);
    while (waitpid(world->guard, NULL, 0) < 0 && errno == EINTR) {
    }
}

/* An organisation and its ledgers, below the folder of the world. */
static lv_status make_all(lv_bench_world *out, unsigned threads, lv_error *err)
{
    out->node = lv_path_join(out->folder, "b");
    out->ledger = lv_path_join(out->folder, "ledger");
    if (out->node == NULL || out->ledger == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_folder_make(out->node, err);
    if (status == LV_OK) {
        status = lv_folder_make(out->ledger, err);
    }
    if (status == LV_OK) {
        status = make_organisation(out, threads, err);
    }
    return status == LV_OK ? make_channels(out, err) : status;
}

static lv_status take_organisation(lv_bench_world *out, const char *organisation)
{
    out->node = strdup(organisation);
    return out->node != NULL ? LV_OK : LV_E_MEMORY;
}

lv_status lv_bench_world_open(const lv_bench_world_options *options, lv_bench_world *out,
                              lv_error *err)
{
    *out = (lv_bench_world){0};
    lv_status status = make_guarded_folder(options->parent, out, err);
    if (status == LV_OK) {
        status = options->organisation != NULL ? take_organisation(out, options->organisation)
                                               : make_all(out, options->threads, err);
    }
    if (status != LV_OK) {
        lv_bench_world_close(out);
    }
    return status;
}

lv_status lv_bench_world_series(const lv_bench_world *world, const char *name, const char *suite,
                                unsigned key_bits, lv_error *err)
{
    char file[128];
    lv_buffer text = {0};
    const lv_suite *found = lv_suite_find(suite);
    if (found == NULL) {
        return lv_fail(err, LV_E_ARGUMENT, "bench: there is no suite \"%s\"", suite);
    }
    snprintf(file, sizeof file, "series/%s.yaml", name);
    lv_status status = lv_buffer_printf(
        &text, SERIES, name, suite, key_bits != 0 ? key_bits : lv_suite_default_key_bits(found));
    if (status == LV_OK) {
        status = write_text(world->node, file, lv_buffer_view(&text), err);
    }
    lv_buffer_free(&text);
    return status;
}

void lv_bench_world_close(lv_bench_world *world)
{
    lv_error err = {0};
    if (world->pid != 0 && lv_bench_world_stop(world, &err) != LV_OK) {
        /* It was killed instead; its folder goes now. */
        world->pid = 0;
    }
    if (world->folder != NULL && lv_folder_remove(world->folder, &err) != LV_OK) {
        lv_log(LV_LOG_WARN, "bench", "%s", err.text);
    }
    end_guard(world);
    free(world->folder);
    free(world->node);
    free(world->ledger);
    *world = (lv_bench_world){0};
}

/* ---- the node ---- */

/* In the child; what it logs is not for the terminal. */
static void run_node(const lv_bench_world *world, int ready, pid_t parent)
{
    lv_error err = {0};
    char *path = lv_path_join(world->folder, "node.log");
    int log = path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent || log < 0 ||
        dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) {
        _exit(1);
    }
    lv_status status = lv_node_run(world->node, ready, &err);
    if (status != LV_OK) {
        fprintf(stderr, "%s\n", err.text);
        fflush(stderr);
    }
    _exit(status == LV_OK ? 0 : 1);
}

static lv_status wait_ready(int ready, lv_error *err)
{
    struct pollfd wait = {.fd = ready, .events = POLLIN};
    uint8_t byte = 0;
    int came = 0;
    do {
        came = poll(&wait, 1, READY_MS);
    } while (came < 0 && errno == EINTR);
    return came > 0 && read(ready, &byte, 1) == 1
               ? LV_OK
               : lv_fail(err, LV_E_IO, "bench: the node did not start");
}

lv_status lv_bench_world_start(lv_bench_world *world, lv_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return lv_fail(err, LV_E_IO, "no pipe: %s", strerror(errno));
    }
    pid_t self = getpid();
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_node(world, ends[1], self);
    }
    close(ends[1]);
    lv_status status = LV_OK;
    if (child < 0) {
        status = lv_fail(err, LV_E_IO, "cannot start a process: %s", strerror(errno));
    } else {
        world->pid = child;
        status = wait_ready(ends[0], err);
    }
    close(ends[0]);
    return status;
}

lv_status lv_bench_world_stop(lv_bench_world *world, lv_error *err)
{
    int how = 0;
    pid_t pid = world->pid;
    world->pid = 0;
    kill(pid, SIGTERM);
    while (waitpid(pid, &how, 0) < 0) {
        if (errno != EINTR) {
            return lv_fail(err, LV_E_IO, "bench: the node is gone: %s", strerror(errno));
        }
    }
    return WIFEXITED(how) && WEXITSTATUS(how) == 0
               ? LV_OK
               : lv_fail(err, LV_E_IO, "bench: the node did not end well");
}

double lv_bench_process_cpu(pid_t pid)
{
    clockid_t clock = CLOCK_MONOTONIC;
    struct timespec spent = {0};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0) {
        return 0;
    }
    return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

uint64_t lv_bench_process_peak(pid_t pid)
{
    char path[64];
    char line[256];
    unsigned long long kilobytes = 0;

    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kilobytes = strtoull(line + 6, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return kilobytes * 1024;
}
