/** What the two readers of the published layout share (appendix_a_text.c, appendix_a_json.c). */
#ifndef LV_RECORD_APPENDIX_A_READ_H
#define LV_RECORD_APPENDIX_A_READ_H

#include "record/appendix_a.h"

/** Stores a decimal integer. @return LV_E_SYNTAX, LV_E_LIMIT with words that do not say where. */
LV_MUST_CHECK lv_status lv_appendix_put(char **slot, lv_bytes digits, lv_error *err);

/** Stores a decimal integer at the end of an array. */
LV_MUST_CHECK lv_status lv_appendix_push(lv_appendix_list *list, lv_bytes digits, lv_error *err);

LV_MUST_CHECK lv_status lv_appendix_put_lot(lv_appendix *appendix, lv_bytes lot, lv_error *err);

LV_MUST_CHECK lv_status lv_appendix_read_text(lv_bytes bytes, const lv_appendix_options *options,
                                              lv_appendix *out, lv_error *err);
LV_MUST_CHECK lv_status lv_appendix_read_json(lv_bytes bytes, const lv_appendix_options *options,
                                              lv_appendix *out, lv_error *err);

#endif
