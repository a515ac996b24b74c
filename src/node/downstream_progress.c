/* How far the set has come that the publishing worker is about. It concerns nobody after the next
 * report, so it is neither stored nor told to long polls: who wants to see it asks again. */
#include "node/downstream.h"
#include <stdio.h>
#include <string.h>

static const char ENCRYPT[] = "encrypt";
static const size_t MATRICES = 3; /* x, y and w of a set are encrypted one after the other */

void lv_downstream_making_begin(lv_node *node, int64_t batch, uint64_t sequence, const char *phase)
{
    lv_downstream *own = lv_downstream_of(node);
    pthread_mutex_lock(&own->making_lock);
    own->making = (lv_making){.batch = batch, .sequence = sequence};
    snprintf(own->making.phase, sizeof own->making.phase, "%s", phase);
    pthread_mutex_unlock(&own->making_lock);
}

void lv_downstream_making_report(void *node, const char *phase, size_t done, size_t total)
{
    lv_downstream *own = lv_downstream_of(node);
    lv_making *making = &own->making;
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

void lv_downstream_making_end(lv_node *node)
{
    lv_downstream *own = lv_downstream_of(node);
    pthread_mutex_lock(&own->making_lock);
    own->making = (lv_making){0};
    pthread_mutex_unlock(&own->making_lock);
}

json_t *lv_downstream_making_json(lv_node *node, int64_t batch)
{
    lv_downstream *own = lv_downstream_of(node);
    pthread_mutex_lock(&own->making_lock);
    lv_making making = own->making;
    pthread_mutex_unlock(&own->making_lock);
    if (making.batch != batch) {
        return json_null();
    }
    return json_pack("{s:I, s:s, s:I, s:I}", "set", (json_int_t)making.sequence, "phase",
                     making.phase, "done", (json_int_t)making.done, "total",
                     (json_int_t)making.total);
}
