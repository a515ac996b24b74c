/** The published case, examples/dehumidifier, as it was when the command was built. */
#ifndef LV_CLI_EXAMPLE_H
#define LV_CLI_EXAMPLE_H

#include <lotveil/bytes.h>

extern const lv_bytes lv_example_moisture;    /* month,lot,moisture_g_per_cm2 */
extern const lv_bytes lv_example_performance; /* month,lot,dehumidifying_performance_kg_per_h */

#endif
