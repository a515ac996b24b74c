/* How far publishing has come. The set that a stage is about concerns nobody after the next report,
 * so it is neither stored nor told to long polls: who wants to see it asks again. */
#include "base/clock.h"
#include "node/downstream.h"
#include <stdio.h>
#include <string.h>

static const char ENCRYPT[] = "encrypt";
static const size_t MATRICES = 3; /* x, y and w of a set are encrypted one after the other */

static void begin(lv_node *node, lv_stage stage, int64_t batch, uint64_t sequence,
                  const char *phase)
{
    lv_downstream *own = lv_downstream_of(node);
    lv_making *making = &own->making[stage];
    pthread_mutex_lock(&own->making_lock);
    *making = (lv_making){.batch = batch, .sequence = sequence, .begun = lv_clock_seconds()};
    snprintf(making->phase, sizeof making->phase, "%s", phase);
    pthread_mutex_unlock(&own->making_lock);
}

static void end(lv_node *node, lv_stage stage)
{
    lv_downstream *own = lv_downstream_of(node);
    lv_making *making = &own->making[stage];
    pthread_mutex_lock(&own->making_lock);
    own->spent[stage] += lv_clock_seconds() - making->begun;
    *making = (lv_making){0};
    pthread_mutex_unlock(&own->making_lock);
}

void lv_downstream_making_begin(lv_node *node, int64_t batch, uint64_t sequence, const char *phase)
{
    begin(node, LV_STAGE_MAKE, batch, sequence, phase);
}

void lv_downstream_making_report(void *node, const char *phase, size_t done, size_t total)
{
    lv_downstream *own = lv_downstream_of(node);
    lv_making *making = &own->making[LV_STAGE_MAKE];
    pthread_mutex_lock(&own->making_lock);
    snprintf(making->phase, sizeof making->phase, "%s", phase);
    making->done = done;
    making->total = total;
    if (strcmp(phase, ENCRYPT) == 0) {
        making->done += making->encrypted;
        making->total *= MATRICES;
        making->encrypted += done == total ? total : 0;
    }
    pthread_mutex_unlock(&own->making_lock);
}

void lv_downstream_making_end(lv_node *node) { end(node, LV_STAGE_MAKE); }

void lv_downstream_putting_begin(lv_node *node, lv_stage stage, int64_t batch, uint64_t sequence)
{
    begin(node, stage, batch, sequence, "publish");
}

void lv_downstream_putting_end(lv_node *node, lv_stage stage) { end(node, stage); }

json_t *lv_downstream_making_json(lv_node *node, int64_t batch)
{
    lv_downstream *own = lv_downstream_of(node);
    lv_making making = {0};
    pthread_mutex_lock(&own->making_lock);
    for (size_t i = 0; i < LV_STAGES && making.batch != batch; i++) {
        making = own->making[i];
    }
    pthread_mutex_unlock(&own->making_lock);
    if (making.batch != batch) {
        return json_null();
    }
    return json_pack("{s:I, s:s, s:I, s:I}", "set", (json_int_t)making.sequence, "phase",
                     making.phase, "done", (json_int_t)making.done, "total",
                     (json_int_t)making.total);
}

/* Of a stage, with what it is about just now. */
static double spent(const lv_downstream *own, lv_stage stage)
{
    const lv_making *now = &own->making[stage];
    return own->spent[stage] + (now->batch != 0 ? lv_clock_seconds() - now->begun : 0);
}

lv_status lv_downstream_stages_describe(lv_node *node, json_t *health)
{
    lv_downstream *own = lv_downstream_of(node);
    double seconds[LV_STAGES];
    pthread_mutex_lock(&own->making_lock);
    for (size_t i = 0; i < LV_STAGES; i++) {
        seconds[i] = spent(own, (lv_stage)i);
    }
    pthread_mutex_unlock(&own->making_lock);
    json_t *stages = json_pack("{s:f, s:f, s:f}", "making", seconds[LV_STAGE_MAKE], "xor",
                               seconds[LV_STAGE_XOR], "quality", seconds[LV_STAGE_QUALITY]);
    return json_object_set_new(health, "publishing", stages) == 0 ? LV_OK : LV_E_MEMORY;
}
