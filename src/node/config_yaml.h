/** Strict YAML by schema (libcyaml), with words for the person who wrote the file. */
#ifndef LV_NODE_CONFIG_YAML_H
#define LV_NODE_CONFIG_YAML_H

#include <cyaml/cyaml.h>
#include <lotveil/bytes.h>

#define LV_CONFIG_FILE_MAX ((size_t)1 << 20) /* bytes of one configuration file */

/** Loads one document. Unknown, doubled and missing keys, wrong types, aliases, an empty document
 *  and a second one are errors; words name file, line, key and what is legal there.
 * @param name    of the file, for the words.
 * @param schema  a mapping that is a pointer.
 * @param[out] out  what the schema describes; free with lv_yaml_free.
 * @return LV_OK; LV_E_CONFIG; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_yaml_load(const char *name, lv_bytes text,
                                     const cyaml_schema_value_t *schema, void **out, lv_error *err);
void lv_yaml_free(const cyaml_schema_value_t *schema, void *data);

/** The field of a whole number, a `char *`: its text, which lv_yaml_number reads. (libcyaml's own
 *  integers end where the digits do, so that 1.5 would be 1, and take hexadecimal and octal.) The
 *  only texts in our schemas that have no greatest length: by this the words know them. */
#define LV_YAML_FIELD_NUMBER(key, flags, structure, member)                                        \
    CYAML_FIELD_STRING_PTR(key, flags, structure, member, 0, CYAML_UNLIMITED)

/** Takes a whole number that may be left out: decimal digits and nothing else, no leading zero.
 * @param value     NULL where the key is not there: `fallback` is taken.
 * @param[out] out  0 on failure.
 * @return LV_OK; LV_E_CONFIG with words that name file, key and the range. */
LV_MUST_CHECK lv_status lv_yaml_number(const char *name, const char *key, const char *value,
                                       uint64_t low, uint64_t high, uint64_t fallback,
                                       uint64_t *out, lv_error *err);

/** Takes the name of an organisation, channel or series (lv_name_is_valid).
 * @param[out] out  LV_NAME_MAX + 1 bytes. */
LV_MUST_CHECK lv_status lv_yaml_name(const char *name, const char *key, const char *value,
                                     char *out, lv_error *err);

#endif
